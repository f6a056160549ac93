// @ts-check
/** What the user can do, whatever began it: a command, a key or a button. */

import { COMMANDS, run } from './commands.js';
import { nextSub } from './lines.js';
import { keyOf } from './place.js';

/**
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./lines.js').Line} Line
 * @typedef {import('./place.js').Place} Place
 */

/** @param {import('./main.js').TheApp} app */
export function makeActions(app) {
  const { client, model } = app;

  /** Says something to the user, where it is seen. @param {string} text */
  const tell = (text) => {
    const place = model.here;
    if (place) model.note(place, text);
    else app.statusLine.say('bad', text, '');
  };
  /** @param {unknown} error */
  const failed = (error) => tell(capital(error instanceof Error ? error.message : String(error)));

  /** Asks, and shows a refusal. @param {Message} ask @returns {Promise<Message | null>} */
  const ask = (ask) =>
    client.ask(ask).catch((error) => {
      failed(error);
      return null;
    });

  /** Says it in a room or whispers it, with a line that waits for the answer. @param {Place} place @param {Message} message */
  const send = (place, message) => {
    const line = pending(place, message);
    const drop = () => {
      place.pending = place.pending.filter((other) => other !== line);
      model.hooks.changed();
    };
    client.ask(message).then(drop, (error) => fail(place, line, message, error.message));
    return drop;
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

  /** @param {Place} place @param {Line} line @param {Message} message @param {string} why */
  const fail = (place, line, message, why) => {
    const index = place.pending.indexOf(line);
    const drop = () => {
      place.pending = place.pending.filter((other) => other !== failed);
      model.hooks.changed();
    };
    const again = () => {
      drop();
      send(place, message);
    };
    /** @type {Line} */
    const failed = { ...line, key: `${line.key}!`, failed: true, data: `Not sent: ${why}.`, again, drop };
    place.pending[index] = failed;
    model.hooks.changed();
  };

  /** What an earlier page asked. @type {Map<Message, {place: Place, line: Line}>} */
  const earlier = new Map();

  const actions = {
    tell,
    failed,
    ask,
    /** @param {string} message */
    refused: (message) => tell(capital(message)),

    /** @param {string} line @returns {boolean} */
    submit: (line) => run(line, commands),

    /** Shows a place; a whisper's is made. @param {string} name */
    open: (name) => {
      if (name.startsWith('@')) model.open(name);
      app.drawers.close();
      model.show(keyOf(name));
      app.composer.focus();
    },

    /** @param {Place} place */
    close: (place) => {
      if (place.isRoom) ask({ type: 'leave', room: place.name });
      else model.close(place.key);
    },

    /** @param {string} topic */
    topic: (topic) => {
      const place = model.here;
      if (place?.isRoom) ask({ type: 'topic', room: place.name, topic });
    },

    /** @param {string} name @returns {Promise<boolean>} */
    join: async (name) => {
      const room = name.replace(/^#/, '');
      if (model.places.has(keyOf(room))) {
        actions.open(room);
        return true;
      }
      const answer = await ask({ type: 'join', room });
      if (answer) actions.open(answer.room);
      return answer !== null;
    },

    /** Lines for what an earlier page asked, until it is answered. @param {Message} ask */
    waitsStill: (ask) => {
      if (ask.type !== 'say' && ask.type !== 'whisper') return;
      const place = model.open(ask.type === 'say' ? ask.room.replace(/^#/, '') : `@${ask.to}`);
      earlier.set(ask, { place, line: pending(place, ask) });
    },

    /** @param {Message} ask @param {Message | null} answer */
    answered: (ask, answer) => {
      const waiting = earlier.get(ask);
      earlier.delete(ask);
      if (!waiting) {
        if (answer?.type === 'refused') tell(capital(answer.message));
        if (answer?.type === 'offered') app.transfers.lost(answer.transfer);
        return;
      }
      const { place, line } = waiting;
      if (answer === null) return fail(place, line, ask, 'the session was lost before an answer came, look whether it was taken');
      if (answer.type === 'refused') return fail(place, line, ask, answer.message);
      place.pending = place.pending.filter((other) => other !== line);
      model.hooks.changed();
    },

    /** After a resume: rooms that were left are closed, and lists that may have changed are read again. @param {Message[]} rooms */
    reconcile: (rooms) => {
      const keys = new Set(rooms.map(({ room }) => keyOf(room)));
      for (const place of [...model.places.values()]) {
        if (place.isRoom && !keys.has(place.key) && place.pending.length === 0) model.close(place.key);
      }
      for (const { room, epoch, number } of rooms) {
        const place = model.room({ type: 'resumed', room, epoch, number: 0 });
        place.last = Math.max(place.last, number);
        if (place.members.size === 0) actions.readMembers(place);
      }
    },

    /** @param {Place} place */
    readMembers: async (place) => {
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
    },
  };

  /** @type {import('./commands.js').Actions} */
  const commands = {
    tell,
    say: (body) => {
      const place = model.here;
      if (!place) tell('You are in no room: /join one first.');
      else send(place, place.isRoom ? { type: 'say', room: place.name, body } : { type: 'whisper', to: place.name, body });
    },
    whisper: (to, body) => {
      actions.open(`@${to}`);
      const place = model.here;
      if (place) send(place, { type: 'whisper', to, body });
    },
    join: actions.join,
    leave: (room) => {
      const place = room ? model.places.get(keyOf(room.replace(/^#/, ''))) : model.here;
      if (place) actions.close(place);
      else tell('You are not in that room.');
    },
    show: (name) => {
      const key = keyOf(name.replace(/^#/, ''));
      if (model.places.has(key)) actions.open(key);
      else tell('You are not in that room; /join it first.');
    },
    topic: (topic) => {
      if (topic !== null) actions.topic(topic);
      else tell(model.here?.topic ? `The topic is: ${model.here.topic}` : 'There is no topic.');
    },
    search: (words) => app.search.open(words),
    rooms: () => app.join(),
    users: () => {
      const place = model.here;
      if (place?.isRoom) tell(`${place.total} here: ${[...place.members.values()].slice(0, 100).join(', ')}`);
    },
    send: (to) => {
      if (to) actions.open(`@${to}`);
      document.getElementById('file-input')?.click();
    },
    help: () => app.help(),
    quit: () => client.bye(),
  };
  return Object.assign(actions, { commands, quit: commands.quit, COMMANDS });
}

/** @param {string} text */
function capital(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
