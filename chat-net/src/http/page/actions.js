// @ts-check
/** What the user can do, whatever began it: a command, a key or a button. */

import { showKey } from './asking.js';
import { run } from './commands.js';
import { BAD_KEY } from './dialogs.js';
import { nextSub } from './lines.js';
import { makeModeration } from './moderate.js';
import { keyOf } from './place.js';
import { sentence, sentenceOf } from './text.js';

/**
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./lines.js').Line} Line
 * @typedef {import('./place.js').Place} Place
 * @typedef {import('./main.js').TheApp} App
 */

const SLOW_MODE = 204;
const NOWHERE = 'You are in no room: /join one first.';

/** @param {App} app */
export function makeActions(app) {
  const talking = makeTalking(app);
  const sending = makeSending(app);
  const rooms = makeRooms(app, talking);
  const order = makeModeration(app, talking);
  const commands = makeCommands(app, { ...talking, ...sending, ...rooms, order });
  return {
    ...talking,
    ...rooms,
    order,
    ...makeEarlier(app, talking.tell, sending),
    /** @param {string} line @returns {boolean} */
    submit: (line) => run(line, commands),
    quit: commands.quit,
  };
}

/** What is said to the user. @param {App} app */
function makeTalking(app) {
  const { client, model } = app;
  /** @param {string} text */
  const write = (text) => {
    const place = model.here;
    if (place) model.note(place, text);
    else app.statusLine.say('bad', text, '');
  };
  /** Says something to the user, where it is seen. @param {string} text */
  const tell = (text) => {
    if (model.here) app.log.follow(model.here);
    write(text);
  };
  /** What the page did by itself failed: nobody is torn from what he reads. @param {unknown} error */
  const failed = (error) => write(sentenceOf(error));

  /** Asks, and shows a refusal. @param {Message} ask @returns {Promise<Message | null>} */
  const ask = (ask) =>
    client.ask(ask).catch((error) => {
      tell(sentenceOf(error));
      return null;
    });

  /** @param {string} message */
  const refused = (message) => tell(sentence(message));
  return { tell, failed, ask, refused };
}

/** Lines that wait for their answer. @param {App} app */
function makeSending(app) {
  const { client, model } = app;
  /** Says it in a room or whispers it, with a line that waits for the answer. @param {Place} place @param {Message} message */
  const send = (place, message) => {
    const line = pending(place, message);
    app.log.follow(place);
    client.ask(message).then(
      () => drop(place, line),
      (error) => {
        if (error.code === SLOW_MODE) place.order.waits(error.retryAfterMs);
        fail(place, line, message, error.message);
      },
    );
  };

  /** @param {Place} place @param {Message} message @returns {Line} */
  const pending = (place, message) => {
    const sub = nextSub();
    /** @type {Line} */
    const line = { key: `p${sub}`, kind: 'pending', at: Date.now(), number: Infinity, sub, from: model.me, body: message.body };
    place.pending.push(line);
    model.hooks.changed();
    return line;
  };

  /** @param {Place} place @param {Line} line */
  const drop = (place, line) => {
    place.pending = place.pending.filter((other) => other !== line);
    model.hooks.changed();
  };

  /** @param {Place} place @param {Line} line @param {Message} message @param {string} why */
  const fail = (place, line, message, why) => {
    const index = place.pending.indexOf(line);
    const again = () => {
      drop(place, failed);
      send(place, message);
    };
    /** @type {Line} */
    const failed = { ...line, key: `${line.key}!`, failed: true, data: `Not sent: ${why}.`, again, drop: () => drop(place, failed) };
    place.pending[index] = failed;
    model.hooks.changed();
  };
  return { send, pending, drop, fail };
}

/** What an earlier page asked. @param {App} app @param {(text: string) => void} tell @param {ReturnType<typeof makeSending>} sending */
function makeEarlier(app, tell, { pending, drop, fail }) {
  /** @type {Map<Message, {place: Place, line: Line}>} */
  const earlier = new Map();

  /** An answer that no line waits for. @param {Message} ask @param {Message | null} answer */
  const answeredUnseen = (ask, answer) => {
    if (answer?.type === 'offered') app.transfers.lost(answer.transfer);
    if (answer?.type !== 'refused') return;
    const isJoin = ask.type === 'join' || ask.type === 'enter';
    // Nothing more is told of a room that could not be joined again.
    if (isJoin) app.arrived(ask.room);
    if (!isJoin || answer.code !== BAD_KEY) return tell(sentence(answer.message));
    // A page that was loaded again does not know the key.
    app.model.close(keyOf(ask.room.replace(/^#/, '')));
    app.actions.join(ask.room);
  };

  return {
    /** Lines for what an earlier page asked, until it is answered. @param {Message} ask */
    waitsStill: (ask) => {
      if (ask.type !== 'say' && ask.type !== 'whisper') return;
      const place = app.model.open(ask.type === 'say' ? ask.room.replace(/^#/, '') : `@${ask.to}`);
      earlier.set(ask, { place, line: pending(place, ask) });
    },

    /** @param {Message} ask @param {Message | null} answer */
    answered: (ask, answer) => {
      const waiting = earlier.get(ask);
      earlier.delete(ask);
      if (!waiting) return answeredUnseen(ask, answer);
      const { place, line } = waiting;
      if (answer === null) fail(place, line, ask, 'the session was lost before an answer came, look whether it was taken');
      else if (answer.type === 'refused') fail(place, line, ask, answer.message);
      else drop(place, line);
    },
  };
}

/** Going from place to place. @param {App} app @param {Pick<ReturnType<typeof makeTalking>, 'ask' | 'tell'>} talking */
function makeRooms(app, { ask, tell }) {
  const { client, model } = app;
  /** Shows a place; a whisper's is made. @param {string} name */
  const open = (name) => {
    if (name.startsWith('@')) model.open(name);
    app.drawers.close();
    model.show(keyOf(name));
    app.composer.focus();
  };

  /** @param {Place} place */
  const close = async (place) => {
    if (!place.isRoom || place.out) return model.close(place.key);
    if (!(await ask({ type: 'leave', room: place.name }))) return;
    // The answer is no news in a big room, in one of which not all was told yet, and in one that one is not in any more.
    if (model.places.get(place.key) === place) model.close(place.key);
    app.arrived(place.name);
  };

  /** @param {string} topic */
  const topic = (topic) => {
    const place = model.here;
    if (place?.isRoom) ask({ type: 'topic', room: place.name, topic });
  };

  /** Goes into a room, if need be, and returns its name; throws why it cannot be. @param {string} name @param {string} [key] @returns {Promise<string>} */
  const enter = async (name, key) => {
    const room = name.replace(/^#/, '');
    const place = model.places.get(keyOf(room));
    if (place && !place.out) return room;
    return (await client.ask(key ? { type: 'enter', room, key } : { type: 'join', room })).room;
  };
  /** The same, and shows it; a key that is missing or wrong is asked for. @param {string} name @param {string} [key] */
  const join = (name, key) =>
    enter(name, key).then(open, (error) => {
      if (error.code === BAD_KEY) showKey(name.replace(/^#/, ''), (key) => enter(name, key).then(open));
      else tell(sentenceOf(error));
    });
  const readMembers = (/** @type {Place} */ place) => fetchMembers(app, place);
  const reconcile = (/** @type {Message[]} */ rooms) => compare(app, rooms);
  return { open, close, topic, enter, join, readMembers, reconcile };
}

/** After a resume: rooms that were left are closed, and lists that may have changed are read again. @param {App} app @param {Message[]} rooms */
function compare(app, rooms) {
  const { model } = app;
  const keys = new Set(rooms.map(({ room }) => keyOf(room)));
  for (const place of [...model.places.values()]) {
    if (place.isRoom && !keys.has(place.key) && place.pending.length === 0 && !place.out) model.close(place.key);
  }
  for (const { room, epoch, number } of rooms) {
    const place = model.room({ type: 'resumed', room, epoch, number: 0 });
    place.last = Math.max(place.last, number);
    if (place.members.size === 0) fetchMembers(app, place);
  }
}

/** @param {App} app @param {Place} place */
async function fetchMembers({ client, model }, place) {
  place.hasGap = false;
  /** @type {string[]} */
  const users = [];
  for (let after; ; after = users.at(-1)) {
    const page = await client.query({ type: 'users', room: place.name, ...(after && { after }) }).catch(() => null);
    if (!page) return;
    users.push(...page.answer.users);
    place.total = page.answer.total;
    if (!page.answer.more || users.length >= 500) break;
  }
  place.setMembers(users);
  model.hooks.changed();
}

/**
 * @param {App} app
 * @param {Pick<ReturnType<typeof makeTalking>, 'tell'> & Pick<ReturnType<typeof makeSending>, 'send'> & ReturnType<typeof makeRooms> & {order: import('./moderate.js').Moderation}} actions
 * @returns {import('./commands.js').Actions}
 */
function makeCommands(app, { tell, send, order, ...rooms }) {
  const { client, model } = app;
  return {
    tell,
    order,
    register: () => app.account.register(),
    password: () => app.account.password(),
    logout: () => app.account.logOut(),
    say: (body) => {
      const place = model.here;
      if (!place) tell(NOWHERE);
      else send(place, place.isRoom ? { type: 'say', room: place.name, body } : { type: 'whisper', to: place.name, body });
    },
    whisper: (to, body) => {
      rooms.open(`@${to}`);
      const place = model.here;
      if (place) send(place, { type: 'whisper', to, body });
    },
    join: rooms.join,
    leave: (room) => {
      const place = room ? model.places.get(keyOf(room.replace(/^#/, ''))) : model.here;
      if (place) rooms.close(place);
      else tell(room ? 'You are not in that room.' : NOWHERE);
    },
    show: (name) => {
      const key = keyOf(name.replace(/^#/, ''));
      if (model.places.has(key)) rooms.open(key);
      else tell('You are not in that room; /join it first.');
    },
    topic: (topic) => {
      if (!model.here?.isRoom) tell(model.here ? 'A whisper has no topic, only rooms have.' : NOWHERE);
      else if (topic !== null) rooms.topic(topic);
      else tell(model.here.topic ? `The topic is: ${model.here.topic}` : 'There is no topic.');
    },
    search: (words) => app.search.open(words),
    rooms: () => {
      client.query({ type: 'rooms' }).then(({ answer }) => tell(listed(answer)), (error) => tell(sentenceOf(error)));
    },
    users: () => {
      const place = model.here;
      if (!place) tell(NOWHERE);
      else if (!place.isRoom) tell(`Only you and ${place.name} can read this.`);
      else tell(`${place.total} here: ${[...place.members.values()].slice(0, 100).join(', ')}`);
    },
    history: () => {
      if (!model.here) tell(NOWHERE);
      else if (!app.log.back()) tell('There is nothing before this.');
    },
    send: (to) => {
      if (!to && !model.here) return tell(NOWHERE);
      if (to) rooms.open(`@${to}`);
      document.getElementById('file-input')?.click();
    },
    help: () => app.help(),
    quit: () => client.bye(),
  };
}

/** Rooms in lines of their own. @param {Message} answer */
function listed({ rooms, total, more }) {
  const lines = rooms.map((/** @type {Message} */ { room, members, topic }) => `#${room}, ${members} here${topic ? `: ${topic}` : ''}`);
  const head = total === 0 ? 'There are no rooms yet.' : more ? `${total} rooms; these are the first:` : total === 1 ? '1 room:' : `${total} rooms:`;
  return [head, ...lines].join('\n');
}
