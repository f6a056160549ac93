// @ts-check
/** What one can do about a user, a message or a room: from the menus, the dialogs and the commands alike. */

import { confirm, showRestrict, showText } from './asking.js';
import { modeWords } from './modes.js';
import { PAUSE_MS } from './order.js';
import { showAudit, showRoom } from './roomdialog.js';

/**
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./main.js').TheApp} App
 * @typedef {import('./menu.js').Item} Item
 * @typedef {import('./place.js').Place} Place
 * @typedef {ReturnType<typeof makeModeration>} Moderation
 */

const NO_ROOM = 'This is for rooms: show one first.';

/** @param {App} app @param {{ask: (ask: Message) => Promise<Message | null>, tell: (text: string) => void}} talking */
export function makeModeration(app, { ask, tell }) {
  const { model, client } = app;

  /** Does something to a user in a room: what was meant is captured before anything is asked, for another room may be shown then. @param {Place | undefined} place @param {string} type @param {string} user @param {object} [more] */
  const act = (place, type, user, more = {}) => {
    if (!place?.isRoom) return tell(NO_ROOM);
    return ask({ type, room: place.name, user, ...more });
  };

  const acts = {
    /** The same for a dialog, which says itself why it was refused. @param {Place} place @param {string} type @param {string} user @param {object} [more] */
    attempt: (place, type, user, more = {}) => client.ask({ type, room: place.name, user, ...more }),
    /** @param {string} user @param {string} role @param {Place} [place] */
    setRole: (user, role, place = model.here) => act(place, 'set_role', user, { role }),
    /** @param {string} user @param {string} [reason] */
    kick: (user, reason) => act(model.here, 'kick', user, limits(null, reason)),
    /** @param {'ban' | 'mute'} what @param {string} user @param {number | null} forMs @param {string} [reason] */
    restrict: (what, user, forMs, reason) => act(model.here, what, user, limits(forMs, reason)),
    /** @param {'unban' | 'unmute'} what @param {string} user @param {Place} [place] */
    lift: (what, user, place = model.here) => act(place, what, user),
    /** @param {string} user */
    invite: async (user) => {
      const room = model.here?.name;
      const answer = await act(model.here, 'invite', user);
      if (answer) tell(`You invited ${answer.user} to #${room}.`);
    },
    /** @param {object} modes */
    setModes: (modes) => {
      const place = model.here;
      if (!place?.isRoom) return tell(NO_ROOM);
      return ask({ type: 'set_modes', room: place.name, modes });
    },
    /** @param {Place} place @param {number} number */
    remove: (place, number) => ask({ type: 'delete', room: place.name, number }),
    /** @param {number} number */
    removeNumber: (number) => (model.here?.isRoom ? acts.remove(model.here, number) : tell(NO_ROOM)),
    removeLast: () => {
      const place = model.here;
      const last = place?.isRoom && place.live.all.findLast(({ kind, from }) => kind === 'said' && from === model.me);
      if (!place || !last) return tell('There is no message of yours here. To delete another, type /delete and its number.');
      acts.remove(place, last.number);
    },
    /** @param {string} user */
    ignore: (user) => {
      if (user.toLowerCase() === model.me.toLowerCase()) return tell('You cannot ignore yourself.');
      if (!model.ignored.add(user)) return tell('You ignore as many as one can: /unignore somebody first.');
      tell(`You ignore ${user} in this browser: nothing of ${user} is shown. /unignore ${user} ends that.`);
    },
    /** @param {string} user */
    unignore: (user) => tell(model.ignored.remove(user) ? `You hear ${user} again.` : `You do not ignore ${user}.`),
    ignored: () => {
      const names = [...model.ignored.names.values()];
      tell(names.length === 0 ? 'You ignore nobody.' : `You ignore ${names.join(', ')}.`);
    },
    /** Reads who may do what in a room, unless that is known or on its way. @param {Place} place */
    read: async (place) => {
      const { order } = place;
      if (order.isRead || order.isReading) return;
      order.isReading = true;
      const wait = order.readAfter - Date.now();
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      const page = await client.query({ type: 'room', room: place.name }).catch(() => null);
      order.isReading = false;
      if (!page) order.readAfter = Date.now() + PAUSE_MS;
      else if (place.order === order) order.read(page.answer, model.me);
      place.crowd++;
      model.hooks.changed();
    },
    modes: () => {
      const place = model.here;
      if (!place?.isRoom) return tell(NO_ROOM);
      const words = modeWords(place.order.modes);
      tell(`The modes of ${place.label}: ${words.join(', ') || 'none is on'}.`);
    },
    /** The dialog about a room. */
    room: () => {
      const place = model.here;
      if (place?.isRoom) showRoom(app, place, acts);
      else tell(NO_ROOM);
    },
    audit: () => showAudit(client),
    get isOperator() {
      return [...model.places.values()].some(({ order }) => order.rank === 'operator');
    },
  };
  return { ...acts, isOperator: () => acts.isOperator, memberItems: memberItems(app, acts), messageItems: messageItems(app, acts, tell) };
}

/** @param {App} app @param {any} acts @returns {(user: string) => Item[]} What one may do about a member of the room that is shown. */
function memberItems(app, acts) {
  return (user) => {
    const { model, actions } = app;
    const place = model.here;
    if (!place) return [];
    const { order, label } = place;
    const isMe = user === model.me;
    const role = order.roleOf(user);
    /** @type {(Item | false)[]} */
    const items = [{ text: 'Whisper', act: () => actions.open(`@${user}`) }];
    if (place.isRoom) {
      const isOver = !isMe && order.isOver(user);
      const isOwners = !isMe && order.isOver(user, 'owner');
      const restrict = (/** @type {'ban' | 'mute'} */ what) => showRestrict(what, user, label, (forMs, reason) => acts.attempt(place, what, user, limits(forMs, reason)));
      const give = async () => {
        const text = `${user} will own ${label} as you do, and you cannot take that back.`;
        if (await confirm(`Make ${user} an owner?`, text, 'Make owner')) acts.setRole(user, 'owner', place);
      };
      items.push(
        isOwners && role === 'member' && { text: 'Make a moderator', act: () => acts.setRole(user, 'moderator', place) },
        isOwners && role !== 'owner' && { text: 'Make an owner…', act: give },
        isOwners && role !== 'member' && { text: 'Take the role away', act: () => acts.setRole(user, 'member', place) },
        isMe && role !== 'member' && { text: 'Give up your role…', act: () => stepDown(acts, user, place) },
        isOver && { text: 'Kick…', act: () => showText(`Kick ${user} from ${label}`, 'Reason, if you want to give one', 'Kick', (reason) => acts.attempt(place, 'kick', user, limits(null, reason))), isGrave: true },
        isOver && { text: 'Ban…', act: () => restrict('ban'), isGrave: true },
        isOver && (order.muteOf(user, Date.now()) ? { text: 'Unmute', act: () => acts.lift('unmute', user, place) } : { text: 'Mute…', act: () => restrict('mute') }),
      );
    }
    const elsewhere = [...model.places.values()].filter((other) => other.isRoom && !other.out && other !== place && other.order.mayInvite && !other.members.has(user.toLowerCase()));
    if (!isMe && elsewhere.length > 0) items.push({ text: 'Invite to another room…', act: () => inviteTo(app, user, elsewhere) });
    if (!isMe) items.push(model.ignored.has(user) ? { text: 'Ignore no longer', act: () => acts.unignore(user) } : { text: 'Ignore', act: () => acts.ignore(user) });
    return items.filter((item) => item !== false);
  };
}

/** @param {number | null} forMs @param {string} [reason] */
const limits = (forMs, reason) => ({ ...(forMs && { for_ms: forMs }), ...(reason && { reason }) });

/** @param {any} acts @param {string} user @param {Place} place */
async function stepDown(acts, user, place) {
  const text = `You will be a member of ${place.label} like others. Only an owner can give the role back.`;
  if (await confirm('Give up your role?', text, 'Give it up')) acts.setRole(user, 'member', place);
}

/** @param {App} app @param {string} user @param {Place[]} rooms */
function inviteTo(app, user, rooms) {
  const items = rooms.slice(0, 50).map(({ name, label }) => ({
    text: label,
    act: async () => {
      const answer = await app.actions.ask({ type: 'invite', room: name, user });
      if (answer) app.actions.tell(`You invited ${answer.user} to ${label}.`);
    },
  }));
  app.menu(`Invite ${user} to`, items, app.menuAt);
}

/** @param {App} app @param {any} acts @param {(text: string) => void} tell @returns {(line: import('./lines.js').Line) => Item[]} */
function messageItems(app, acts, tell) {
  return (line) => {
    const place = app.model.here;
    if (!place || line.kind === 'removed') return [];
    const from = line.from ?? '';
    const copy = (/** @type {string} */ text, /** @type {string} */ what) =>
      Promise.resolve(navigator.clipboard?.writeText(text)).then(
        () => tell(navigator.clipboard ? `${what} is copied.` : `${what}: ${text}`),
        () => tell(`${what}: ${text}`),
      );
    const items = [{ text: 'Copy text', act: () => copy(line.body ?? '', 'The text') }];
    if (line.kind === 'said') {
      const link = `${location.origin}${location.pathname}#${encodeURIComponent(place.name)}/${line.number}`;
      items.push({ text: `Copy number (${line.number})`, act: () => copy(String(line.number), 'The number') });
      items.push({ text: 'Copy link', act: () => copy(link, 'The link') });
    }
    const about = from === app.model.me ? [] : memberItems(app, acts)(from).map((item) => ({ ...item, text: item.text === 'Whisper' ? `Whisper to ${from}` : item.text }));
    const isRemovable = line.kind === 'said' && !place.out && place.order.mayDelete(from, app.model.me);
    /** @type {Item[]} */
    const removal = isRemovable ? [{ text: 'Delete…', act: () => removeAsked(acts, place, line), isGrave: true }] : [];
    return [...items, ...removal, ...about];
  };
}

/** @param {any} acts @param {Place} place @param {import('./lines.js').Line} line */
async function removeAsked(acts, place, line) {
  const text = 'Its text goes from the server and from everybody’s screen. That cannot be undone.';
  if (await confirm('Delete this message?', text, 'Delete')) acts.remove(place, line.number);
}
