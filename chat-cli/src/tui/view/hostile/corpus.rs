//! What is written by somebody who wants to be more than one who writes. The tests of the program read this file, too.

/// What somebody might write who wants to be more than one who writes.
pub(crate) fn corpus() -> Vec<String> {
    let fixed = [
        "\x1b[2J\x1b[H\x1b[31mowned",
        "\x1b]52;c;c2VjcmV0\x07",
        "\x1b]0;title\x1b\\",
        "\x1b]777;notify;evil;x\x07",
        "\x07",
        "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b_apc\x1b\\\x1b^pm\x1b\\",
        "\u{9b}2J\u{9d}0;x\u{9c}\u{90}q\u{9c}",
        "ends in \x1b",
        "over\rwritten\x08\x08\x7f\0\x0b\x0c\x0e\x0f",
        "\u{202e}gnp.exe\u{202c}\u{2066}\u{2067}x\u{2069}\u{200e}\u{200f}\u{61c}",
        "in\u{200b}vis\u{ad}ible\u{feff}\u{e0041}\u{3164}",
        "\n\n\n\nlines\n\r\n\tof\n",
        "\u{301}\u{301}marks first",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👩🏽 🏳\u{fe0f}\u{200d}🌈 🇩🇪🇩 1\u{fe0f}\u{20e3} ❤\u{fe0f}❤",
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
        "שלום עולם (123) مرحبا 456 می\u{200c}خواهم",
        "क्\u{200d}षत्रिय ক্ষ \u{1100}\u{1161}\u{11a8} \u{1161} ｶ\u{ff9e} \u{600}1 ﷽ 𒐫 \u{a9c4}",
        "\u{fff9}a\u{fffa}b\u{fffb} \u{2028}\u{2029}\u{85}",
    ];
    let long = [
        format!("a{}", "\u{301}".repeat(10_000)),
        "\u{20dd}".repeat(4_000),
        "z\u{489}".repeat(2_000),
        "w".repeat(4_096),
        "漢".repeat(1_365),
        ["👩"; 500].join("\u{200d}"),
        "\u{1100}".repeat(1_000),
        "क\u{94d}".repeat(600),
        " ".repeat(4_096) + "x",
        "a\n".repeat(2_000),
        "\u{ff9e}".repeat(900),
        "👩\u{200d}👩\u{200d}👧\u{200d}👦".repeat(100),
        "❤\u{fe0f}☺\u{fe0f}x".repeat(100),
    ];
    fixed.iter().map(|text| (*text).to_owned()).chain(long).collect()
}

/// As much of it as a body may hold: what the server would refuse does not come as one.
pub(crate) fn speakable(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    format!("x{text}")
}

/// What is for a terminal to obey, or to hide, and not for a person to see.
pub(crate) fn is_order(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
