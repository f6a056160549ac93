// @ts-check
/**
 * The files that are offered, sent and received: what the server tells of them, and what the buttons do.
 *
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {object} Transfer
 * @property {number} id
 * @property {Message & {transfer: number, name: string, size: number, chunk_bytes: number, from: string}} offer
 * @property {boolean} isMine
 * @property {'offered' | 'running' | 'paused' | 'checking' | 'done' | 'over'} state
 * @property {boolean} isOpen Whether it can be accepted.
 * @property {string} note A sentence about how it stands.
 * @property {string} hash
 * @property {Map<string, {state: string, offset: number}>} copies Of what one sends, by receiver.
 * @property {number} began When it began, or went on, and from where: for the rate.
 * @property {number} base
 * @property {Sending | null} sending
 * @property {Receiving | null} receiving
 * @property {Receiving | null} asked That for which an `accept` waits for its answer.
 * @property {boolean} wasCut Whether the connection broke meanwhile: taken or not, nothing comes by it.
 * @property {Message[]} credits Told before the file is at hand.
 * @property {string} url Of what was received and is kept in the page.
 */

import { Sending } from './sending.js';
import { MOST_KEPT, Receiving, canWrite, chooseSink, safeName } from './receiving.js';
import { Refused } from './chat-client.js';
import { prepare } from './hashing.js';
import { nextSub } from './lines.js';
import { keyOf } from './place.js';
import { sentenceOf } from './text.js';
import { sizeOf, timeOf } from './time.js';

/** @type {Record<string, string>} */
const ENDS = {
  cancelled: 'It was called off.',
  expired: 'It was offered for long enough.',
  source_changed: 'The file changed while it was sent.',
  wrong_hash: 'What arrived was not what was sent.',
  prefix_differs: 'The file is another one now.',
  left: 'The other end left.',
  gone: 'The other end is gone.',
  failed: 'It failed.',
};
/** @type {Record<string, string>} */
const PAUSES = { lost: 'lost the connection', no_space: 'has no space', silent: 'does not answer', asked: 'asked for a pause' };

/** The server thought that this page was gone: it says that it is not after so long. */
const AGAIN_MS = 1_000;

/** How to receive a file without a browser. @param {Message} offer */
function elsewhere({ from, to, room }) {
  const isSafe = location.protocol === 'https:';
  const address = `${location.hostname}:${location.port || (isSafe ? 443 : 80)}${isSafe ? ' --tls' : ''}`;
  if (room) return `Run this, under a name of your choice: chat-cli receive ${address} --name NAME --from ${from} --room ${room} --dir .`;
  return `Leave the chat here, run this, and have ${from} offer it again: chat-cli receive ${address} --name ${to} --from ${from} --dir .`;
}

/** The name of the place where it was offered. @param {Transfer} transfer */
function placeOf({ offer, isMine }) {
  return offer.room ?? `@${isMine ? offer.to : offer.from}`;
}

export class Transfers {
  /** @param {import('./main.js').TheApp} app @param {(transfer: Transfer) => void} changed */
  constructor(app, changed) {
    this.app = app;
    this.changed = changed;
    /** Those of this session, by its numbers. @type {Map<number, Transfer>} */
    this.all = new Map();
    /** Those with a URL, the oldest first. @type {Transfer[]} */
    this.saved = [];
    addEventListener('beforeunload', (event) => {
      if ([...this.all.values()].some(({ state }) => state === 'running')) event.preventDefault();
    });
  }

  /** Offers files to a place, one after the other. @param {Iterable<File>} files @param {import('./place.js').Place} place */
  async offer(files, place) {
    const { client, actions } = this.app;
    for (const file of files) {
      const to = place.isRoom ? { room: place.name } : { to: place.name };
      const answer = await actions.ask({ type: 'offer', ...to, name: file.name, size: file.size, chunk_bytes: 0 });
      const transfer = answer && this.all.get(answer.transfer);
      if (!transfer) continue;
      transfer.sending = new Sending(client, transfer.offer, file, (why) => this.cancel(transfer, why));
      for (const credit of transfer.credits.splice(0)) transfer.sending.credit(credit);
    }
  }

  /** Whether the event was about a file. @param {Message} event @param {import('./chat-client.js').Verdict} verdict */
  told(event, verdict) {
    if (event.type === 'offered') this.offered(event, verdict);
    else if (!('transfer' in event)) return false;
    else {
      const transfer = this.all.get(event.transfer);
      if (transfer) this.heard(transfer, event);
    }
    return true;
  }

  /** @param {Message} offer @param {import('./chat-client.js').Verdict} verdict */
  offered(offer, verdict) {
    const { model } = this.app;
    const isMine = offer.from === model.me;
    const known = this.all.get(offer.transfer);
    if (known) {
      known.hash ||= offer.hash ?? '';
      return;
    }
    /** @type {Transfer} */
    const transfer = {
      id: offer.transfer, offer: /** @type {Transfer['offer']} */ (offer), isMine, state: 'offered', isOpen: true, note: '', hash: offer.hash ?? '',
      copies: new Map(), began: 0, base: 0, sending: null, receiving: null,
      asked: null, wasCut: false, credits: [], url: '',
    };
    if (!isMine && model.ignored.has(offer.from)) return;
    this.all.set(transfer.id, transfer);
    prepare();
    const place = model.open(placeOf(transfer));
    const after = nextSub();
    const { number, sub } = place.files.get(transfer.id) ?? { number: place.isRoom ? place.last : after, sub: after };
    place.files.delete(transfer.id);
    const line = { key: `f${transfer.id}-${sub}`, kind: /** @type {const} */ ('file'), at: offer.at, number, sub, from: offer.from, body: offer.name, data: transfer };
    model.add(place, line, !isMine && verdict === 'new', verdict === 'new');
    model.hooks.changed();
    if (isMine && !offer.re && !this.isAwaited(offer)) this.lost(transfer.id);
  }

  /** Whether this page offers that itself: after a resume it is told of before the answer comes again. @param {Message} offer */
  isAwaited({ name, size }) {
    const unanswered = [...this.app.client.mirror.unanswered.values()];
    return unanswered.some(({ ask, done }) => done && ask.type === 'offer' && ask.name === name && ask.size === size);
  }

  /** This page was loaded since it was offered, and the file went with the one before. @param {number} id */
  lost(id) {
    const transfer = this.all.get(id);
    if (transfer) this.cancel(transfer, 'cancelled', 'This page was loaded again and does not have the file any more. Offer it once more.');
  }

  /** @param {Transfer} transfer @param {Message} event */
  heard(transfer, event) {
    const isMe = event.user === this.app.model.me;
    switch (event.type) {
      case 'chunk':
        return this.chunk(transfer, event);
      case 'credit':
        if (transfer.sending) transfer.sending.credit(event);
        else if (transfer.isMine && transfer.state !== 'over') transfer.credits.push(event);
        return;
      case 'stop':
        transfer.sending?.stop(event.pass);
        transfer.credits = transfer.credits.filter(({ pass }) => pass !== event.pass);
        return;
      case 'hashed':
        transfer.hash = event.hash;
        this.check(transfer);
        return;
      case 'closed':
        return this.closed(transfer, event.why);
    }
    if (transfer.isMine) this.copy(transfer, event);
    else if (isMe) this.own(transfer, event);
    else if (event.user === transfer.offer.from) this.sender(transfer, event);
    this.changed(transfer);
  }

  /** How the copy of one receiver stands, of a file one sends. @param {Transfer} transfer @param {Message} event */
  copy(transfer, event) {
    const copy = transfer.copies.get(event.user) ?? { state: '', offset: 0 };
    transfer.copies.set(event.user, copy);
    switch (event.type) {
      case 'accepted':
        Object.assign(copy, { state: 'running', offset: event.from });
        Object.assign(transfer, { began: Date.now(), base: event.from });
        if (event.prefix && event.from > 0) this.compare(transfer, event);
        break;
      case 'progressed':
        copy.offset = event.offset;
        break;
      case 'paused':
        if (event.user === transfer.offer.from) transfer.copies.delete(event.user);
        else copy.state = `${PAUSES[event.why] ?? event.why}, waiting`;
        break;
      case 'resumed':
        transfer.copies.delete(event.user);
        break;
      case 'finished':
        Object.assign(copy, { state: 'has it, verified', offset: transfer.offer.size });
        break;
      case 'declined':
        copy.state = 'declined';
        break;
      case 'cancelled':
        copy.state = (ENDS[event.why] ?? event.why).replace(/\.$/, '').toLowerCase();
        break;
    }
    const states = [...transfer.copies.values()].map(({ state }) => state);
    const runs = states.includes('running');
    transfer.state = runs ? 'running' : !transfer.isOpen || (transfer.offer.to && !states.some((state) => state.endsWith('waiting'))) ? 'over' : 'offered';
    if (transfer.state === 'over') transfer.sending?.end();
  }

  /** @param {Transfer} transfer @param {Message} event */
  async compare(transfer, { user, from, prefix }) {
    if ((await transfer.sending?.begins(from, prefix)) || !this.isCurrent(transfer)) return;
    this.app.actions.ask({ type: 'cancel', transfer: transfer.id, user, why: 'prefix_differs' });
  }

  /** How one's own copy stands. @param {Transfer} transfer @param {Message} event */
  own(transfer, event) {
    // Other pauses are the page's own doing, or told of again after it went on.
    const isSilent = event.type === 'paused' && event.why === 'silent' && !event.past;
    if (isSilent && transfer.state === 'running') setTimeout(() => this.take(transfer), AGAIN_MS);
    // What this page called off has a sentence that says more.
    const note = (transfer.state === 'over' && transfer.note) || (ENDS[event.why] ?? event.why);
    if (event.type === 'cancelled') this.end(transfer, note, !event.past && transfer.isOpen);
    if (event.type === 'declined') this.end(transfer, 'You declined it.', false);
  }

  /** @param {Transfer} transfer @param {Message} event */
  sender(transfer, event) {
    if (event.type === 'paused') transfer.note = this.waits(event);
    if (event.type === 'resumed') transfer.note = '';
  }

  /** Why nothing comes, and how long that may be. @param {Message} event */
  waits({ user, why, at }) {
    const { status } = this.app.client;
    if (why !== 'lost' || status.state !== 'online') return `${user} ${PAUSES[why] ?? why}; it goes on by itself.`;
    return `${user} lost the connection; it waits until ${user} is back, until ${timeOf(at + status.welcome.resumable_ms)} at most.`;
  }

  /** @param {Transfer} transfer @param {string} why */
  closed(transfer, why) {
    transfer.isOpen = false;
    const ends = why !== 'expired' || transfer.state === 'offered';
    if (ends && transfer.state !== 'done' && transfer.state !== 'over') {
      transfer.sending?.end();
      this.end(transfer, (transfer.isMine && transfer.note) || (ENDS[why] ?? why), false);
    }
    this.changed(transfer);
  }

  /** @param {Transfer} transfer @param {string} note @param {boolean} isOpen Whether it may be accepted once more. */
  end(transfer, note, isOpen) {
    transfer.receiving?.drop();
    transfer.receiving = null;
    if (transfer.state === 'done') return;
    transfer.state = 'over';
    transfer.note = note;
    if (!isOpen || transfer.offer.to) transfer.isOpen = false;
    this.changed(transfer);
  }

  /** @param {Transfer} transfer */
  async accept(transfer) {
    const { app } = this;
    const { name, size } = transfer.offer;
    if (size > MOST_KEPT && !canWrite()) {
      transfer.note = `This page can keep files of up to ${sizeOf(MOST_KEPT)}. ${elsewhere(transfer.offer)}`;
      return this.changed(transfer);
    }
    const sink = await chooseSink(name, size).catch(() => undefined);
    if (sink === undefined) return;
    transfer.receiving = new Receiving({ transfer: transfer.id, size }, sink);
    transfer.note = '';
    await this.take(transfer);
  }

  /** Accepts it, from where it is. @param {Transfer} transfer */
  async take(transfer) {
    const { receiving } = transfer;
    if (!receiving || transfer.state === 'checking') return;
    transfer.state = 'running';
    this.changed(transfer);
    if (transfer.asked === receiving) return;
    transfer.asked = receiving;
    const isOver = () => transfer.receiving !== receiving;
    try {
      do {
        transfer.wasCut = false;
        await this.app.client.ask({ type: 'accept', transfer: transfer.id, from: receiving.offset });
      } while (transfer.wasCut && !isOver());
      if (isOver()) return;
      Object.assign(transfer, { began: Date.now(), base: receiving.offset });
      this.check(transfer);
    } catch (error) {
      if (!isOver()) this.end(transfer, sentenceOf(error), false);
    } finally {
      if (transfer.asked === receiving) transfer.asked = null;
    }
  }

  /** @param {Transfer} transfer @param {Message} chunk */
  async chunk(transfer, chunk) {
    const { receiving } = transfer;
    const taken = receiving?.take(chunk);
    if (!taken) return;
    this.changed(transfer);
    try {
      const offset = await taken;
      if (transfer.receiving !== receiving) return;
      this.app.client.send({ type: 'received', transfer: transfer.id, offset });
      this.check(transfer);
    } catch {
      // One that is over is written no longer.
      if (transfer.receiving !== receiving) return;
      // At the first failure a browser gives up all that it wrote: there is nothing to go on from, so this is no pause. But
      // a room's file may be taken anew.
      this.cancel(transfer, 'failed', 'It could not be written.', true);
    }
  }

  /** Whether all is there and right. @param {Transfer} transfer */
  async check(transfer) {
    const { receiving } = transfer;
    if (!receiving?.isWhole || !transfer.hash || transfer.state !== 'running') return;
    transfer.state = 'checking';
    this.changed(transfer);
    try {
      if ((await receiving.hash()) !== transfer.hash) return this.cancel(transfer, 'wrong_hash', ENDS.wrong_hash);
      const blob = await receiving.keep();
      await this.app.client.ask({ type: 'finish', transfer: transfer.id });
      transfer.state = 'done';
      transfer.receiving = null;
      transfer.note = blob ? 'Complete and verified.' : 'Complete, verified and saved.';
      if (blob) this.save(transfer, blob);
    } catch (error) {
      const why = sentenceOf(error);
      if (error instanceof Refused) this.end(transfer, why, false);
      else this.cancel(transfer, 'failed', why, true);
    }
    this.changed(transfer);
  }

  /** @param {Transfer} transfer @param {Blob} blob */
  save(transfer, blob) {
    transfer.url = URL.createObjectURL(blob);
    this.saved.push(transfer);
    let held = 0;
    // For a page that stays open: the newest ones can be saved again, as many as one large file may have bytes.
    for (const older of this.saved.toReversed()) {
      held += older.offer.size;
      if (older !== transfer && held > MOST_KEPT) this.letGo(older);
    }
    const link = document.createElement('a');
    link.href = transfer.url;
    link.download = safeName(transfer.offer.name);
    link.click();
  }

  /** What was received is kept no longer. @param {Transfer} transfer */
  letGo(transfer) {
    URL.revokeObjectURL(transfer.url);
    transfer.url = '';
    transfer.note = 'Complete and verified. The page does not keep it any longer.';
    this.saved = this.saved.filter((other) => other !== transfer);
    this.changed(transfer);
  }

  /** The place is closed, and its cards with it. @param {import('./place.js').Place} place */
  placeClosed(place) {
    for (const transfer of this.saved) if (keyOf(placeOf(transfer)) === place.key) this.letGo(transfer);
  }

  /** @param {Transfer} transfer */
  decline(transfer) {
    this.app.actions.ask({ type: 'decline', transfer: transfer.id });
  }

  /** @param {Transfer} transfer @param {string} [why] @param {string} [note] @param {boolean} [isOpen] Whether it may be accepted once more. */
  cancel(transfer, why = 'cancelled', note = ENDS[why] ?? why, isOpen = false) {
    transfer.sending?.end();
    this.end(transfer, note, isOpen && transfer.isOpen);
    if (!this.isCurrent(transfer)) return;
    this.app.client.ask({ type: 'cancel', transfer: transfer.id, why }).catch(() => {});
  }

  /** Whether the number still means it. @param {Transfer} transfer */
  isCurrent(transfer) {
    return this.all.get(transfer.id) === transfer;
  }

  /** The connection is gone: nothing moves. */
  offline() {
    for (const transfer of this.all.values()) {
      transfer.sending?.cut();
      transfer.credits = [];
      if (transfer.asked && this.isSent(transfer)) transfer.wasCut = true;
      if (transfer.state === 'running' && transfer.receiving) transfer.state = 'paused';
      this.changed(transfer);
    }
  }

  /** Whether its `accept` went out. @param {Transfer} transfer */
  isSent({ id }) {
    const unanswered = [...this.app.client.mirror.unanswered.values()];
    return unanswered.some(({ ask, sent }) => sent && ask.type === 'accept' && ask.transfer === id);
  }

  /** It is back: what one receives goes on from where it is. @param {boolean} isResumed */
  online(isResumed) {
    for (const transfer of this.all.values()) {
      const isAlive = transfer.state !== 'over' && transfer.state !== 'done';
      if (!isResumed && isAlive) {
        transfer.sending?.end();
        this.end(transfer, 'The session it belonged to was lost.', false);
      } else if (transfer.state === 'paused' && transfer.receiving) {
        this.take(transfer);
      }
    }
    if (isResumed) return;
    // The numbers may begin anew.
    for (const place of this.app.model.places.values()) place.files.clear();
    for (const transfer of this.all.values()) transfer.isOpen = false;
    this.all.clear();
  }
}
