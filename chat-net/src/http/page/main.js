// @ts-check
/**
 * The page: puts the client, the model and the views together.
 *
 * Everything can be found by role and name, and tests do:
 *
 * | what | role, name |
 * |---|---|
 * | first screen | textboxes "What is your name?", "Password"; button "Start chatting", "Log in", "Make account" or "Go on"; buttons for the other ways; alert |
 * | the end of a session | heading and sentence that say why; button "Come in again" |
 * | rooms, whispers | navigation "Rooms and whispers"; list "Rooms", list "Whispers"; button "#lobby" or "#lobby, 3 unread, 1 for you"; button "Leave #lobby" |
 * | join a room | button "Join a room"; dialog "Join a room" with textbox "Name of the room" and button "Join" |
 * | place | heading "#lobby" or "@bob"; button "Topic: …. Change it" or "Set a topic"; textbox "Topic" |
 * | messages | log "Messages in #lobby"; article "alice, 14:05" each; button "Latest messages" or "3 new below" |
 * | one message | its button "More about this message of alice", or Enter and the arrow keys in the log: menu |
 * | about a room | button "About this room"; dialog "About #lobby"; button "Change modes…", dialog "Modes of #lobby"; buttons "Lift the ban of bob" |
 * | typing | textbox "Message #lobby"; button "Send"; listbox "Completions"; button "Emoji", dialog "Emoji"; button "Send a file" |
 * | members | complementary "2 members" (button of the same name where narrow); button "Whisper to bob"; button "More about bob" with a menu |
 * | files | group "photo.jpg from alice"; buttons "Accept", "Decline", "Cancel"; progressbar "photo.jpg"; link "Save photo.jpg" |
 * | search | button "Search"; search; searchbox "Words to find"; list "Matches"; button "Older matches" |
 * | connection | status with its sentence; buttons "Try now", "Go on here", "Come back" |
 * | one's account | button "alice, your account" with a menu; dialogs "Change your password", "Make an account?", "Audit" |
 * | the rest | button "Help and keys", dialog "Help"; button "Theme: …"; button "Notifications: …"; button "Leave the chat" |
 */

import { Account, ENDS } from './account.js';
import { makeActions } from './actions.js';
import { Reader, announce, unsay } from './announce.js';
import { ChatClient } from './chat-client.js';
import { Composer } from './compose.js';
import { Completer } from './complete.js';
import { showHelp, showJoin } from './dialogs.js';
import { find, soon } from './dom.js';
import { UNKNOWN, readDoor } from './door.js';
import { listenToFiles } from './dropping.js';
import { Drawers } from './drawers.js';
import { pickEmoji } from './emoji.js';
import { fileCard } from './filecard.js';
import { Header } from './header.js';
import { Hold } from './hold.js';
import { listenToKeys } from './keys.js';
import { LogView } from './logview.js';
import { Login } from './login.js';
import { Members } from './members.js';
import { showMenu } from './menu.js';
import { Model } from './model.js';
import { Notifier } from './notify.js';
import { Search } from './search.js';
import { forget, keep, label, restored } from './session.js';
import { Sidebar } from './sidebar.js';
import { StatusLine } from './status.js';
import { bringBack, snapshot } from './keepsake.js';
import { followTheme } from './theme.js';
import { Transfers } from './transfers.js';

/** @typedef {import('./chat-client.js').Message} Message */

/** How a session ends that one ends oneself. */
const LEFT = 405;
/** Beside the page, wherever that is. */
const url = new URL('ws', location.origin + location.pathname).href.replace(/^http/, 'ws');

/** All parts of the page. */
class App {
  /** @param {any} kept What the page before a reload left. */
  constructor(kept) {
    this.limit = 4096;
    this.model = new Model({
      changed: () => soon(this.draw),
      closed: (place) => this.closed(place),
      news: (news) => this.news(news),
      gone: (event, body) => this.gone(event, body),
    });
    /** The room that the address names, to be joined first. */
    this.wanted = targetOf(location.hash);
    this.client = new ChatClient({
      url,
      kept: kept?.client,
      told: (event, verdict) => this.told(event, verdict),
      status: (status) => this.status(status),
      keep: () => this.keep(),
      answered: (ask, answer) => this.actions.answered(ask, answer),
    });
    this.actions = makeActions(this);
    const { actions, model } = this;
    this.login = new Login(loginHooks(this.client));
    this.account = new Account(this);
    this.hold = new Hold(model, { again: actions.join });
    this.sidebar = new Sidebar(model, { show: actions.open, close: actions.close });
    this.members = new Members(model, { whisper: (name) => actions.open(`@${name}`), menu: (name, at) => this.menu(`What to do about ${name}`, actions.order.memberItems(name), at) });
    this.header = new Header(model, { topic: actions.topic, about: () => actions.order.room(), done: () => this.composer.focus() });
    this.statusLine = new StatusLine({ retry: () => this.client.hurry(), again: () => this.again() });
    this.composer = new Composer({ submit: actions.submit, limit: () => this.limit, files: this.sendFiles });
    this.transfers = new Transfers(this, (transfer) => this.log.changed(transfer));
    this.notifier = new Notifier(actions.open);
    this.reader = new Reader(announce);
    this.log = new LogView(model, {
      query: (query) => this.client.query(query),
      file: (transfer) => fileCard(transfer, this.transfers),
      failed: actions.failed,
      read: () => soon(this.draw),
      enter: (room) => this.actions.join(room),
      menu: (line, at) => this.menu(`What to do about this message of ${line.from}`, actions.order.messageItems(line), at),
    });
    this.completer = new Completer(this.composer, model);
    this.search = new Search(this);
    this.drawers = new Drawers();
    this.listen();
    /** Rooms that were told what was missed since the last welcome. */
    this.waiting = new Set();
    listenToKeys(this);
    followTheme();
    if (kept) {
      bringBack(this, kept);
      this.login.hide();
      this.client.resume();
      readDoor().then((door) => this.login.knows(door));
    } else {
      readDoor().then((door) => {
        this.login.show();
        this.login.opens(door);
      });
    }
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return this.keep();
      this.client.hurry();
      soon(this.draw);
    });
    addEventListener('pagehide', () => this.keep());
  }

  draw = () => {
    const { model } = this;
    this.log.draw();
    this.sidebar.draw();
    this.members.draw();
    this.header.draw();
    this.search.draw();
    this.hold.draw();
    if (model.here?.isRoom && model.here.epoch && !model.here.out && this.client.isOnline()) this.actions.order.read(model.here);
    if (this.typedIn !== model.active) {
      this.composer.turn(model.places.get(this.typedIn), model.here);
      this.typedIn = model.active;
      history.replaceState(null, '', model.here?.isRoom ? `#${encodeURIComponent(model.here.name)}` : location.pathname);
    }
  };
  typedIn = '';

  listen() {
    find('help-button').addEventListener('click', showHelp);
    find('join-button').addEventListener('click', this.join);
    find('emoji-button').addEventListener('click', this.emoji);
    listenToFiles(this.sendFiles);
    find('quit-button').addEventListener('click', () => this.actions.quit());
    find('log').addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (!link || link.origin + link.pathname !== location.origin + location.pathname || !link.hash) return;
      // A message of this chat is shown here, and not in another visit.
      event.preventDefault();
      this.goTo(targetOf(link.hash));
    });
  }

  /** Shows what can be done about something, if there is anything. @param {string} label @param {import('./menu.js').Item[]} items @param {Element | import('./menu.js').Spot} at */
  menu(label, items, at) {
    this.menuAt = at;
    if (items.length > 0) showMenu(label, items, at);
  }
  /** Where the last menu stood. @type {Element | import('./menu.js').Spot} */
  menuAt = { x: 0, y: 0 };

  /** @param {{room: string, number: number}} target */
  async goTo({ room, number }) {
    await this.actions.join(room);
    const place = this.model.here;
    if (number && place?.isRoom && place.key === room.toLowerCase()) this.log.jump(place, number).catch(this.actions.failed);
  }

  /** A message was deleted: its text goes from wherever the page has it. @param {Message} event @param {string} body */
  gone(event, body) {
    this.search.forget(event);
    this.composer.forget(body);
    this.reader.forget(body);
    unsay(body);
    soon(this.draw);
  }

  /** Leaves, for the first screen to make an account. */
  register() {
    this.isRegistering = true;
    this.client.bye();
  }
  isRegistering = false;

  sendFiles = (/** @type {File[]} */ files) => {
    if (this.model.here) this.transfers.offer(files, this.model.here);
  };

  /** @param {import('./place.js').Place} place */
  closed(place) {
    if (place.isRoom) this.client.forget(place.name);
    this.transfers.placeClosed(place);
  }

  help = () => showHelp();
  join = () => showJoin(this.client, this.actions);
  emoji = () => pickEmoji((emoji) => this.composer.insert(emoji));

  /** Closes what lies over the talk; whether there was something. */
  closeDrawers() {
    return this.drawers.close() || this.search.close();
  }

  /** @param {Message} event @param {import('./chat-client.js').Verdict} verdict */
  told(event, verdict) {
    if (event.type === 'caught_up') this.caughtUp(event);
    else if (event.type === 'refused') this.actions.refused(event.message);
    else if (!this.transfers.told(event, verdict)) this.model.told(event, verdict);
  }

  /** @param {import('./chat-client.js').Status} status */
  status(status) {
    if (status.state === 'online') this.welcomed(status.welcome);
    else this.transfers.offline();
    if (status.state === 'naming') this.named(status.refusal);
    if (!this.login.screen.hidden && (status.state === 'waiting' || status.state === 'ended')) {
      this.login.refuse(status.state === 'waiting' ? `${status.why}. Trying again…` : status.message);
    }
    this.statusLine.show(status);
    if (status.state === 'ended') this.ended(status.code);
    // If the connection broke before one was out, one stays.
    this.isRegistering = false;
  }

  /** The hello was refused, or the server's own password taken. @param {Message | null} refusal */
  named(refusal) {
    if (refusal && ENDS[refusal.code] && this.model.me) return this.ended(refusal.code);
    this.login.asked(refusal);
    // A page that was loaded again has not asked yet.
    if (this.login.door === UNKNOWN) readDoor().then((door) => this.login.knows(door));
  }

  /** @param {number} code */
  ended(code) {
    if (!this.client.token) forget();
    this.members.draw();
    if (this.isRegistering && code === LEFT) {
      this.login.show();
      this.login.take('register');
    }
    const [title, text] = ENDS[code] ?? [];
    if (title && text) this.login.over(title, text, code === 409 ? 'Come in as somebody else' : 'Come in again', () => location.reload());
  }

  /** @param {Message} welcome */
  welcomed(welcome) {
    const { model } = this;
    model.me = welcome.user;
    model.missed = 0;
    this.limit = welcome.limits.body_bytes;
    this.isResumed = welcome.resumed;
    this.account.draw();
    this.login.keep(welcome.user, this.client.isAccount);
    this.login.hide();
    this.waiting = new Set(welcome.rooms.map((/** @type {Message} */ { room }) => room));
    if (welcome.resumed) this.actions.reconcile(welcome.rooms);
    else for (const place of model.places.values()) if (place.isRoom && place.epoch) this.waiting.add(place.name);
    if (this.waiting.size === 0) this.statusLine.back(0, welcome.resumed);
    this.transfers.online(welcome.resumed);
    if (this.wanted.room && !welcome.resumed) this.goTo(this.wanted);
    this.wanted = { room: '', number: 0 };
    this.composer.focus();
    soon(this.draw);
  }
  isResumed = false;

  /** @param {Message} event */
  caughtUp({ room }) {
    const place = this.model.places.get(room.toLowerCase());
    place?.linger([]);
    // A big room lists nobody by itself; and who came and went in a gap is not told.
    if (place && (place.members.size === 0 || place.hasGap)) this.actions.readMembers(place);
    this.arrived(room);
  }

  /** Nothing more of what was missed in this room comes. @param {string} room */
  arrived(room) {
    this.waiting.delete(room);
    if (this.waiting.size === 0) this.statusLine.back(this.model.missed, this.isResumed);
  }

  /** @param {import('./model.js').News} news */
  news(news) {
    const { place, line, isLive } = news;
    this.notifier.news(news);
    const isForMe = line.mention || !place.isRoom;
    if (isLive && place === this.model.here) this.reader.read(`${line.from}: ${line.body}`, isForMe);
    else if (isForMe) this.reader.read(`${line.from} in ${place.label}: ${line.body}`, isForMe);
  }

  keep() {
    // The box belongs to the place that was drawn last, which need not be the one that is shown next.
    const typedIn = this.model.places.get(this.typedIn);
    if (typedIn) typedIn.draft = this.composer.box.value;
    if (this.client.token) keep({ label: label(), client: this.client.kept(), ...snapshot(this.model) });
  }

  /** After an end: goes on, or begins anew. */
  again() {
    if (this.client.status.state === 'ended' && this.client.status.code === 404) return this.client.resume();
    location.reload();
  }
}

/** The room that an address names, and the message in it. @param {string} hash */
function targetOf(hash) {
  const [, room = '', number = ''] = /^#([^/]*)(?:\/(\d{1,15}))?$/.exec(hash) ?? [];
  try {
    return { room: decodeURIComponent(room), number: Number(number) };
  } catch {
    return { room: '', number: 0 };
  }
}

/** @param {ChatClient} client */
function loginHooks(client) {
  return {
    hello: (/** @type {string} */ name) => client.hello(name),
    login: (/** @type {string} */ name, /** @type {string} */ password) => client.login(name, password),
    register: (/** @type {string} */ name, /** @type {string} */ password) => client.register(name, password),
    unlock: (/** @type {string} */ password) => client.unlock(password),
  };
}

restored().then((kept) => new App(kept));

/** @typedef {App} TheApp */
export {};
