// @ts-check
/**
 * What a page leaves for itself beside the client's state: what no server tells again (whispers, who came and went, where files
 * were offered), what was read, drafts.
 */

import { nextSub } from './lines.js';

/** Whispers of one place that outlive a reload, and about how many characters of all places together. */
const WHISPERS = 100;
const MOST = 1_000_000;
/** Lines of who came and who went, and files, of one place. Names are short: all this is little. */
const BESIDES = 30;

/** @param {import('./model.js').Model} model */
export function snapshot(model) {
  const places = [...model.places.values()].map((place) => ({
    name: place.isRoom ? place.name : `@${place.name}`,
    topic: place.topic,
    topicNumber: place.topicNumber,
    epoch: place.epoch,
    read: place.read,
    unread: place.unread,
    mentions: place.mentions,
    draft: place.draft,
    out: place.out,
    ownMute: place.order.mutes.get(model.me.toLowerCase()) ?? null,
    ...besides(place),
    whispers: place.isRoom ? [] : place.live.all.filter(({ kind }) => kind === 'whisper' || kind === 'invited').slice(-WHISPERS),
  }));
  const made = { me: model.me, active: model.active, places };
  // A storage that is full would keep nothing at all: the oldest whispers are let go, the places never.
  const oldest = oldestThatFits(places.flatMap(({ whispers }) => whispers), MOST - lengthOf({ ...made, places: places.map(bare) }));
  for (const place of places) place.whispers = place.whispers.filter((line) => line.sub >= oldest);
  return made;
}

/** What stands between the messages of a place. @param {import('./place.js').Place} place */
function besides(place) {
  const moves = [...place.kept, ...place.live.all].filter(({ kind }) => kind === 'joined' || kind === 'left');
  const files = place.live.all.filter((line) => line.kind === 'file' && line.data.isOpen);
  return { kept: moves.slice(-BESIDES), files: files.slice(-BESIDES).map(({ number, sub, data }) => [data.id, number, sub]) };
}

/** @template {object} T @param {T} place */
function bare(place) {
  return { ...place, whispers: [] };
}

/** The lines from this `sub` on take no more than `most` characters. @param {import('./lines.js').Line[]} lines @param {number} most */
function oldestThatFits(lines, most) {
  let oldest = Infinity;
  let length = 0;
  for (const line of lines.sort((a, b) => b.sub - a.sub)) {
    length += lengthOf(line) + 1;
    if (length > most) break;
    oldest = line.sub;
  }
  return oldest;
}

/** @param {object} kept */
function lengthOf(kept) {
  return JSON.stringify(kept).length;
}

/** @param {import('./main.js').TheApp} app @param {any} kept */
export function bringBack(app, kept) {
  const { model } = app;
  model.me = kept.me;
  for (const { name, whispers, read, ownMute, files = [], ...rest } of kept.places) {
    const place = model.open(name);
    Object.assign(place, rest);
    if (ownMute) place.order.mutes.set(kept.me.toLowerCase(), ownMute);
    place.read = place.isRoom ? read : 0;
    /** @param {number} before Files that were offered before this line get their places before it. */
    const placeFiles = (before) => {
      while (files[0]?.[2] < before) {
        const [id, number] = files.shift();
        const sub = nextSub();
        place.files.set(id, { number: place.isRoom ? number : sub, sub });
      }
    };
    for (const line of whispers) {
      placeFiles(line.sub);
      const sub = nextSub();
      place.live.add({ ...line, key: `w${sub}`, number: sub, sub });
      place.read = sub;
    }
    placeFiles(Infinity);
  }
  if (model.places.has(kept.active)) model.active = kept.active;
  for (const { ask } of app.client.mirror.unanswered.values()) app.actions.waitsStill(ask);
}
