//! Emoji by name: the set that the page has.

/// Each with its names, divided as in the page's own table.
const TABLE: &str = "\
😀 grinning|😄 smile|😁 grin|😆 laughing|😅 sweat_smile|😂 joy|🤣 rofl|🙂 slight_smile|🙃 upside_down|😉 wink|😊 blush|😇 innocent
🥰 in_love|😍 heart_eyes|😘 kiss|😋 yum|😜 crazy tongue|🤪 zany|🤗 hug|🤔 thinking|🤨 raised_eyebrow|😐 neutral|😏 smirk|🙄 eye_roll
😬 grimace|😌 relieved|😔 pensive|😴 sleeping|🤒 sick|🤕 hurt|🥳 party|😎 cool sunglasses|🤓 nerd|🧐 monocle|😕 confused|🙁 frown
😮 open_mouth|😳 flushed|🥺 pleading|😨 fearful|😰 anxious|😢 cry|😭 sob|😱 scream|😤 huff|😡 rage|🤬 cursing|💀 skull
💩 poop|🤡 clown|👻 ghost|👽 alien|🤖 robot|🙈 see_no_evil|🙉 hear_no_evil|🙊 speak_no_evil|👋 wave|🤚 raised_hand|✋ hand|👌 ok
✌️ victory|🤞 fingers_crossed|🤟 love_you|🤘 rock|👈 left|👉 right|👆 up|👇 down|👍 +1 thumbsup yes|👎 -1 thumbsdown no|✊ fist|👏 clap
🙌 raised_hands|🤝 handshake|🙏 pray thanks|💪 muscle|👀 eyes|🧠 brain|🤷 shrug|🤦 facepalm|🙋 raising_hand|💁 info|👶 baby|🧑 person
❤️ heart|🧡 orange_heart|💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|💔 broken_heart|💯 100|💥 boom|✨ sparkles|🔥 fire
⭐ star|🌟 glowing_star|⚡ zap|☀️ sun|🌧️ rain|❄️ snowflake|🌈 rainbow|🌊 wave_sea|🌍 earth|🌙 moon|🌱 seedling|🌹 rose
🌻 sunflower|🌲 tree|🍀 clover|🍁 leaf|🐶 dog|🐱 cat|🐭 mouse|🦊 fox|🐻 bear|🐼 panda|🐸 frog|🐧 penguin
🐦 bird|🦉 owl|🦄 unicorn|🐝 bee|🐛 bug|🦋 butterfly|🐢 turtle|🐙 octopus|🦀 crab ferris rust|🐳 whale|🦈 shark|🐍 snake python
🍎 apple|🍌 banana|🍓 strawberry|🍒 cherries|🍕 pizza|🍔 burger|🍟 fries|🌮 taco|🍣 sushi|🍜 noodles|🍪 cookie|🎂 cake
🍫 chocolate|🍿 popcorn|☕ coffee|🍵 tea|🍺 beer|🍻 cheers|🍷 wine|🥂 toast|⚽ soccer|🏀 basketball|🎮 game|🎲 die
🎯 target|🏆 trophy|🥇 gold|🎵 music|🎸 guitar|🎬 film|🎨 art|📷 camera|🚗 car|🚲 bike|🚂 train|✈️ plane
🚀 rocket ship|🛸 ufo|⛵ boat|🏠 house|🏖️ beach|⛰️ mountain|🏕️ camping|🎉 tada|🎁 gift|🎈 balloon|💡 bulb idea|🔒 lock
🔑 key|🔧 wrench|🔨 hammer|⚙️ gear|🧪 test|💻 laptop|📱 phone|💾 disk|📎 paperclip|📌 pin|📦 package|📝 memo
📚 books|📅 calendar|⏰ alarm|⏳ hourglass|💰 money|📈 chart_up|📉 chart_down|🔍 search|🔔 bell|📣 megaphone|✉️ mail|🗑️ trash
✅ check done|❌ x|⚠️ warning|🚫 forbidden|❓ question|❗ exclamation|➕ plus|♻️ recycle|🟢 green|🟡 yellow|🔴 red|🏁 finish";

/// Each emoji with one of its names.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.split(['|', '\n']).flat_map(|entry| {
        let (emoji, names) = entry.split_once(' ').unwrap_or((entry, ""));
        names.split(' ').map(move |name| (name, emoji))
    })
}

/// What `:name:` stands for.
pub(super) fn named(name: &str) -> Option<&'static str> {
    all().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, emoji)| emoji)
}

/// Where the `:name` begins that ends at the end of `text`; it stands alone, not in a word or a time.
pub(super) fn begun(text: &str) -> Option<usize> {
    let colon = text.rfind(':')?;
    let is_name =
        text[colon + 1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte));
    let stands_alone = !text[..colon].ends_with(|c: char| c.is_alphanumeric() || c == ':' || c == '/');
    (is_name && stands_alone).then_some(colon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_set_of_the_page() {
        let page = include_str!("../../../../chat-net/src/http/page/emoji.js");
        assert!(page.contains(&format!("const TABLE = `{TABLE}`;")));
    }

    #[test]
    fn names_are_found_in_any_case_and_only_alone() {
        assert_eq!(
            (named("Tada"), named("+1"), named("nonsense"), named("")),
            (Some("🎉"), Some("👍"), None, None)
        );
        for (text, at) in [
            (":ta", Some(0)),
            ("a :ta", Some(2)),
            ("10:30", None),
            ("a ta", None),
            ("(:", Some(1)),
            (": x", None),
        ] {
            assert_eq!(begun(text), at, "{text}");
        }
    }
}
