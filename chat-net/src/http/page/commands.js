// @ts-check
/** The commands that begin with a slash: the same as in the terminal. */

import { modesOf, timeAndReason } from './modes.js';

/**
 * @typedef {object} Actions
 * @property {(text: string) => void} say In the active place.
 * @property {(to: string, text: string) => void} whisper
 * @property {(room: string, key?: string) => void} join
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
 * @property {import('./moderate.js').Moderation} order
 * @property {() => void} register Makes an account of this visit.
 * @property {() => void} password Changes that of one's account.
 * @property {() => void} logout Ends the other sessions of it.
 * @property {(text: string) => void} tell A sentence to the user alone.
 */

/** @type {[command: string, what: string, does: string][]} */
export const COMMANDS = [
  ['/join', 'ROOM [KEY]', 'go into a room; it is made if there is none'],
  ['/leave', '[ROOM]', 'leave this room, or another'],
  ['/room', '[ROOM]', 'how this room is run, bans and mutes; or show another of your rooms'],
  ['/msg', 'USER TEXT', 'say something to one user only; also /w, /whisper'],
  ['/topic', '[TEXT]', "see the room's topic, or set it; /topic - clears it"],
  ['/users', '', 'who is in this room'],
  ['/rooms', '', 'which rooms there are'],
  ['/history', '', 'older messages, as by scrolling up'],
  ['/search', 'WORDS', 'find messages; "some words" in a row, begin* of a word'],
  ['/sendfile', '[USER]', 'offer a file to a user, or here'],
  ['/mode', '[MODE VALUE …]', 'see the modes of this room, or set them: invite-only, key, moderated, slow, history, retention'],
  ['/invite', 'USER', 'let a user into this room'],
  ['/op', 'USER', 'make a user a moderator'],
  ['/deop', 'USER', 'take the role away'],
  ['/owner', 'USER', 'make a user an owner'],
  ['/kick', 'USER [REASON]', 'put a user out of this room'],
  ['/ban', 'USER [10m|2h|7d] [REASON]', 'put a user out, and keep it out'],
  ['/unban', 'USER', 'lift the ban'],
  ['/mute', 'USER [10m|2h|7d] [REASON]', 'let a user only read'],
  ['/unmute', 'USER', 'lift the mute'],
  ['/delete', '[NUMBER]', 'delete your last message, or the one of that number'],
  ['/ignore', '[USER]', 'show nothing of a user in this browser; alone: whom you ignore'],
  ['/unignore', 'USER', 'end that'],
  ['/register', '', 'make an account of your name'],
  ['/passwd', '', 'change the password of your account'],
  ['/logout', '', 'end the other sessions of your account'],
  ['/audit', '', 'what was done for order, for operators of the server'],
  ['/help', '', 'this list, and the keys'],
  ['/quit', '', 'leave the chat'],
];

/** @type {Record<string, string>} */
const ALSO = {
  '/w': '/msg', '/whisper': '/msg', '/j': '/join', '/part': '/leave', '/groups': '/rooms', '/list': '/rooms', '/names': '/users', '/exit': '/quit',
  '/bans': '/room', '/modes': '/mode', '/password': '/passwd',
};

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
      return join(rest, actions);
    case '/leave':
      return actions.leave(rest);
    case '/room':
      return rest ? actions.show(rest) : actions.order.room();
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
    case '/register':
      return actions.register();
    case '/passwd':
      return actions.password();
    case '/logout':
      return actions.logout();
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
      return order(command, rest, actions.order);
  }
}

/** @param {string} rest @param {Actions} actions */
function join(rest, actions) {
  const [, room, key] = /^(\S+)(?:\s+([\s\S]+))?$/.exec(rest) ?? [];
  if (!room) return 'Type /join and the name of a room.';
  actions.join(room, key);
}

/** What is done about somebody. @type {Record<string, (user: string, rest: string, order: Actions['order']) => unknown>} */
const ABOUT_USERS = {
  '/invite': (user, _, { invite }) => invite(user),
  '/op': (user, _, { setRole }) => setRole(user, 'moderator'),
  '/deop': (user, _, { setRole }) => setRole(user, 'member'),
  '/owner': (user, _, { setRole }) => setRole(user, 'owner'),
  '/kick': (user, rest, { kick }) => kick(user, rest),
  '/ban': (user, rest, order) => restrict('ban', user, rest, order),
  '/mute': (user, rest, order) => restrict('mute', user, rest, order),
  '/unban': (user, _, { lift }) => lift('unban', user),
  '/unmute': (user, _, { lift }) => lift('unmute', user),
  '/unignore': (user, _, { unignore }) => unignore(user),
  '/ignore': (user, _, { ignore }) => ignore(user),
};

/** @param {'ban' | 'mute'} what @param {string} user @param {string} rest @param {Actions['order']} order */
function restrict(what, user, rest, order) {
  const read = timeAndReason(rest);
  if (!read) return `Type /${what} USER [TIME] [REASON], a time like 30s, 10m, 2h, 7d or 1w; without a time, a reason begins with no digit.`;
  order.restrict(what, user, ...read);
}

/** Commands that keep order. @param {string} command @param {string} rest @param {Actions['order']} order @returns {string | void} */
function order(command, rest, order) {
  switch (command) {
    case '/mode': {
      if (!rest) return order.modes();
      const modes = modesOf(rest);
      if (typeof modes === 'string') return modes;
      order.setModes(modes);
      return;
    }
    case '/audit':
      return order.audit();
    case '/delete': {
      if (!rest) return order.removeLast();
      if (!/^#?\d{1,15}$/.test(rest)) return 'Type /delete and the number of the message; its menu has it.';
      order.removeNumber(Number(rest.replace('#', '')));
      return;
    }
    case '/ignore':
      if (!rest) return order.ignored();
  }
  const act = ABOUT_USERS[command];
  if (!act) return `There is no command ${command}. Type /help for those there are, or // to begin with a slash.`;
  const [, user, more = ''] = /^@?(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
  if (!user) return `Type ${command} and the name of a user.`;
  const problem = act(user, more, order);
  if (typeof problem === 'string') return problem;
}
