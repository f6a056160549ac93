// @ts-check
/** A small set of emoji with their names, and the box one picks them from. */

import { make } from './dom.js';
import { showDialog } from './dialogs.js';

const TABLE = `😀 grinning|😄 smile|😁 grin|😆 laughing|😅 sweat_smile|😂 joy|🤣 rofl|🙂 slight_smile|🙃 upside_down|😉 wink|😊 blush|😇 innocent
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
✅ check done|❌ x|⚠️ warning|🚫 forbidden|❓ question|❗ exclamation|➕ plus|♻️ recycle|🟢 green|🟡 yellow|🔴 red|🏁 finish`;

/** @typedef {{emoji: string, names: string[]}} Emoji */

/** @type {Emoji[]} */
const ALL = TABLE.split(/[|\n]/).map((entry) => {
  const [emoji = '', ...names] = entry.split(' ');
  return { emoji, names };
});

/** Those with a name that begins so first, then those that have it in them. @param {string} text */
export function emojiNamed(text) {
  const word = text.toLowerCase();
  const rank = (/** @type {Emoji} */ { names }) => (names.some((name) => name.startsWith(word)) ? 0 : names.some((name) => name.includes(word)) ? 1 : 2);
  return ALL.filter((emoji) => rank(emoji) < 2).sort((a, b) => rank(a) - rank(b));
}

const COLUMNS = 8;

/** Lets one be picked. @param {(emoji: string) => void} picked */
export function pickEmoji(picked) {
  const input = make('input', { type: 'search', 'aria-label': 'Find emoji', placeholder: 'Find emoji' });
  const grid = make('div', { class: 'grid', role: 'group', 'aria-label': 'Emoji' });
  const dialog = showDialog('Emoji', [input, grid], 'emoji');
  /** @param {string} emoji */
  const take = (emoji) => {
    dialog.close();
    picked(emoji);
  };
  const fill = () => {
    const found = emojiNamed(input.value.trim());
    const buttons = found.map(({ emoji, names }, index) => {
      const label = (names[0] ?? '').replaceAll('_', ' ');
      return make('button', { type: 'button', 'aria-label': label, title: `:${names[0]}:`, tabindex: index === 0 ? 0 : -1, click: () => take(emoji) }, emoji);
    });
    grid.replaceChildren(...buttons);
  };
  input.addEventListener('input', fill);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') /** @type {HTMLElement | null} */ (grid.firstElementChild)?.focus();
    else if (event.key === 'Enter') /** @type {HTMLElement | null} */ (grid.firstElementChild)?.click();
    else return;
    event.preventDefault();
  });
  grid.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = /** @type {HTMLElement[]} */ ([...grid.children]);
    const next = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step;
    if (next < 0) input.focus();
    else buttons[next]?.focus();
  });
  fill();
  input.focus();
}
