//! The frame of the full screen: lists at the sides, a status line, the line that is typed.

use crate::glass::Glass;

/// What begins and ends the other screen.
pub(crate) const ENTER: &str = "\x1b[?1049h";
pub(crate) const LEAVE: &str = "\x1b[?1049l";

/// Plays all that was written to a terminal of at least 60 columns, and looks at the frame after every picture. Nobody may have
/// typed more than fits one row.
pub(crate) fn check_every_picture(raw: &[u8], (rows, columns): (u16, u16)) {
    let mut glass = Glass::new((rows, columns));
    let raw = str::from_utf8(raw).unwrap();
    let pictures = raw.split_once(ENTER).expect("a screen that was entered").1;
    let pictures = pictures.rsplit_once(LEAVE).map_or(pictures, |(pictures, _)| pictures);
    let (left, right) = ((columns / 6).clamp(12, 24), columns - (columns / 6).clamp(12, 24) - 1);
    let mut looked_at = 0;
    for picture in pictures.split_inclusive("\x1b[?2026l") {
        glass.write(picture.as_bytes());
        let screen = glass.screen();
        let lines: Vec<String> = screen.rows(0, columns).collect();
        if lines[0].contains("Esc closes") {
            // A list lies over the rest, and over all of it where there is little room.
            continue;
        }
        let input = &lines[usize::from(rows) - 1];
        let title = |row: u16| lines[usize::from(row)].trim_start().split(' ').next().unwrap();
        // A line between the two may say something of the last key.
        let is_status = |row: &u16| input.starts_with(&format!("{}>", title(*row)));
        let status = [rows - 2, rows - 3].into_iter().find(is_status);
        let status = status.unwrap_or_else(|| panic!("{lines:#?}"));
        let title = title(status);
        let has_members = title.starts_with('#') && columns >= 100;
        for edge in [Some(left), has_members.then_some(right)].into_iter().flatten() {
            for row in 0..status {
                let cell = screen.cell(row, edge).unwrap().contents();
                // The other one is a letter, at which text from right to left ends.
                assert!(["│", "ǀ"].contains(&cell), "{row},{edge} of {lines:#?}");
            }
        }
        looked_at += 1;
    }
    assert!(looked_at > 5, "{looked_at} pictures");
}
