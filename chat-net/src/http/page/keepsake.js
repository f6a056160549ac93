// @ts-check
/** What a page leaves for itself beside the client's state: whispers (no server has them), what was read, drafts. */

import { nextSub } from './lines.js';

/** Whispers of one place that outlive a reload, and the bytes of all that does. */
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
  return JSON.stringify(made).length > MOST ? { me: model.me, active: model.active, places: [] } : made;
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
