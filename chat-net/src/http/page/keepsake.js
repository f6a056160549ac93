// @ts-check
/** What a page leaves for itself beside the client's state: whispers (no server has them), what was read, drafts. */

import { nextSub } from './lines.js';

/** Whispers of one place that outlive a reload, and about how many characters of all places together. */
const WHISPERS = 100;
const MOST = 1_000_000;

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
    whispers: place.isRoom ? [] : place.live.all.filter((line) => line.kind === 'whisper').slice(-WHISPERS),
  }));
  const made = { me: model.me, active: model.active, places };
  // A storage that is full would keep nothing at all: the oldest whispers are let go, the places never.
  const oldest = oldestThatFits(places.flatMap(({ whispers }) => whispers), MOST - lengthOf({ ...made, places: places.map(bare) }));
  for (const place of places) place.whispers = place.whispers.filter((line) => line.sub >= oldest);
  return made;
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
  for (const { name, whispers, read, ...rest } of kept.places) {
    const place = model.open(name);
    Object.assign(place, rest);
    place.read = place.isRoom ? read : 0;
    for (const line of whispers) {
      const sub = nextSub();
      place.live.add({ ...line, key: `w${sub}`, number: sub, sub });
      place.read = sub;
    }
  }
  if (model.places.has(kept.active)) model.active = kept.active;
  for (const { ask } of app.client.mirror.unanswered.values()) app.actions.waitsStill(ask);
}
