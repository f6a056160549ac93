// @ts-check
/** The commands that begin with a slash: the same as in the terminal. */

/**
 * @typedef {object} Actions
 * @property {(text: string) => void} say In the active place.
 * @property {(to: string, text: string) => void} whisper
 * @property {(room: string) => void} join
 * @property {(room: string) => void} leave Empty: the active one.
 * @property {(place: string) => void} show A place one is in.
 * @property {(topic: string | null) => void} topic null: say what it is.
 * @property {(words: string) => void} search
 * @property {() => void} rooms
 * @property {() => void} users
 * @property {() => void} history
 * @property {(to: string) => void} send Offers a file, to the active place if empty.
 * @property {() => void} help
 * @property {() => void} quit
 * @property {(text: string) => void} tell A sentence to the user alone.
 */

/** @type {[command: string, what: string, does: string][]} */
export const COMMANDS = [
  ['/join', 'ROOM', 'go into a room; it is made if there is none'],
  ['/leave', '[ROOM]', 'leave this room, or another'],
  ['/room', 'ROOM', 'show another of your rooms'],
  ['/msg', 'USER TEXT', 'say something to one user only; also /w, /whisper'],
  ['/topic', '[TEXT]', "see the room's topic, or set it; /topic - clears it"],
  ['/users', '', 'who is in this room'],
  ['/rooms', '', 'which rooms there are'],
  ['/history', '', 'older messages, as by scrolling up'],
  ['/search', 'WORDS', 'find messages; "some words" in a row, begin* of a word'],
  ['/sendfile', '[USER]', 'offer a file to a user, or here'],
  ['/help', '', 'this list, and the keys'],
  ['/quit', '', 'leave the chat'],
];

/** @type {Record<string, string>} */
const ALSO = { '/w': '/msg', '/whisper': '/msg', '/j': '/join', '/part': '/leave', '/groups': '/rooms', '/names': '/users', '/exit': '/quit' };

/** Does what a typed line says; false if it was no command one could follow. @param {string} line @param {Actions} actions */
export function run(line, actions) {
  if (!line.startsWith('/')) {
    actions.say(line);
    return true;
  }
  if (line.startsWith('//')) {
    actions.say(line.slice(1));
    return true;
  }
  const [, typed = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = ALSO[typed.toLowerCase()] ?? typed.toLowerCase();
  const problem = follow(command, rest.trim(), actions);
  if (problem) actions.tell(problem);
  return !problem;
}

/** Returns a sentence if it cannot be done. @param {string} command @param {string} rest @param {Actions} actions @returns {string | void} */
function follow(command, rest, actions) {
  switch (command) {
    case '/join':
      if (!rest) return 'Type /join and the name of a room.';
      actions.join(rest);
      return;
    case '/leave':
      return actions.leave(rest);
    case '/room':
      if (!rest) return 'Type /room and the name of one of your rooms.';
      return actions.show(rest);
    case '/msg': {
      const [, to, text] = /^@?(\S+)\s+([\s\S]+)$/.exec(rest) ?? [];
      if (!to || !text) return 'Type /msg, a name and what to say.';
      return actions.whisper(to, text);
    }
    case '/topic':
      return actions.topic(rest === '' ? null : rest === '-' ? '' : rest);
    case '/users':
      return actions.users();
    case '/rooms':
      return actions.rooms();
    case '/history':
      return actions.history();
    case '/search':
      return actions.search(rest);
    case '/sendfile':
      return actions.send(rest.replace(/^@/, ''));
    case '/help':
      return actions.help();
    case '/quit':
      return actions.quit();
    case '/nick':
      return 'A name belongs to a whole visit: /quit, and come back with another one.';
    case '/me':
      return 'There is no /me here; say it in a sentence.';
    case '/accept':
    case '/decline':
    case '/cancel':
    case '/transfers':
      return 'Files have their buttons where they were offered.';
    default:
      return `There is no command ${command}. Type /help for those there are, or // to begin with a slash.`;
  }
}
