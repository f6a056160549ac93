//! Every rank × every act × every rank it is done to × inside, outside, banned × a public room and a private one: what the
//! table of `docs/roles.md` says, said here a second time.

use chat_core::{
    AccountAct, Ask, Chat, Code, Command, Config, ModeChange, NodeId, Number, Query, Rank, RequestId, Role,
    Seq, SessionId, Stamp, Timestamp, TokenHash,
};

use crate::story::{join, leave, offer, say, token, topic, whisper};

const RANKS: [Rank; 4] = [Rank::Member, Rank::Moderator, Rank::Owner, Rank::Operator];

/// Where whoever does it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Inside,
    Outside,
    Banned,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    actor: Rank,
    stand: Stand,
    target: Rank,
    is_private: bool,
    is_moderated: bool,
}

/// What is done, and what the case decides about it.
enum Act {
    /// To talk in the room.
    Talk(Ask),
    /// Over the target.
    Over(Ask),
    /// Over oneself.
    OverSelf(Ask),
    SetRole(Role),
    StepDown,
    Invite,
    Pace,
    Modes,
    DeleteOwn,
    DeleteTargets,
    Enter,
    Leave,
    Whisper,
    Read(Query),
}

fn acts() -> Vec<Act> {
    let user = || "target".into();
    let room = || "den".into();
    vec![
        Act::Talk(say("den", "hi")),
        Act::Talk(topic("den", "all new")),
        Act::Talk(offer("#den")),
        Act::Over(Ask::Kick { room: room(), user: user(), reason: None }),
        Act::Over(Ask::Ban { room: room(), user: user(), for_ms: None, reason: Some("why".into()) }),
        Act::Over(Ask::Unban { room: room(), user: user() }),
        Act::Over(Ask::Mute { room: room(), user: user(), for_ms: Some(5), reason: None }),
        Act::Over(Ask::Unmute { room: room(), user: user() }),
        Act::OverSelf(Ask::Ban { room: room(), user: "actor".into(), for_ms: None, reason: None }),
        Act::OverSelf(Ask::Mute { room: room(), user: "actor".into(), for_ms: Some(5), reason: None }),
        Act::SetRole(Role::Member),
        Act::SetRole(Role::Moderator),
        Act::SetRole(Role::Owner),
        Act::StepDown,
        Act::Invite,
        Act::Pace,
        Act::Modes,
        Act::DeleteOwn,
        Act::DeleteTargets,
        Act::Enter,
        Act::Leave,
        Act::Whisper,
        Act::Read(Query::Users { room: Some(room()), after: None }),
        Act::Read(Query::Room { room: room() }),
        Act::Read(Query::History { room: room(), anchor: chat_core::Anchor::Latest, limit: 1 }),
        Act::Read(Query::Rooms { after: None }),
    ]
}

/// The verdict that the manual promises.
fn promised(case: Case, act: &Act) -> Result<(), Code> {
    let Case { actor, stand, target, is_private, is_moderated } = case;
    let is_inside = stand == Stand::Inside;
    let is_operator = actor == Rank::Operator;
    let inside = if is_inside { Ok(()) } else { Err(Code::NotAMember) };
    let may_act = if is_operator { Ok(()) } else { inside };
    let allowed = |allowed: bool| if allowed { Ok(()) } else { Err(Code::NotAllowed) };
    let is_over = is_operator || actor > target;
    let has_way_in = is_operator || stand == Stand::Outside && actor >= Rank::Moderator;
    match act {
        Act::Talk(_) => inside.and(allowed(!is_moderated || actor >= Rank::Moderator)),
        // Nobody is banned or muted, and the target has that role.
        Act::Over(Ask::Unban { .. } | Ask::Unmute { .. }) => {
            may_act.and(allowed(actor >= Rank::Moderator && is_over)).and(Err(Code::NothingToDo))
        }
        // Nobody is below himself, and operators are stopped, too.
        Act::OverSelf(_) => may_act.and(Err(Code::NotAllowed)),
        Act::SetRole(role) if stored(target) == *role => {
            may_act.and(allowed(actor >= Rank::Owner && is_over)).and(Err(Code::NothingToDo))
        }
        Act::StepDown if is_operator => may_act.and(Err(Code::NothingToDo)),
        Act::Over(_) | Act::DeleteTargets => may_act.and(allowed(actor >= Rank::Moderator && is_over)),
        Act::SetRole(_) => may_act.and(allowed(actor >= Rank::Owner && is_over)),
        Act::StepDown => may_act.and(allowed(actor > Rank::Member)),
        Act::Invite => may_act.and(allowed(!is_private || actor >= Rank::Moderator)),
        Act::Pace => may_act.and(allowed(actor >= Rank::Moderator)),
        Act::Modes => may_act.and(allowed(actor >= Rank::Owner)),
        Act::DeleteOwn => may_act,
        Act::Enter => match stand {
            Stand::Inside => Ok(()),
            _ if has_way_in => Ok(()),
            _ if is_private => Err(Code::CannotJoin),
            Stand::Outside => Ok(()),
            Stand::Banned => Err(Code::Banned),
        },
        Act::Leave | Act::Whisper => Ok(()),
        Act::Read(Query::History { .. }) => inside,
        Act::Read(_) => match !is_private || is_inside || has_way_in {
            true => Ok(()),
            false => Err(Code::NoSuchRoom),
        },
    }
}

/// What a room remembers of somebody of that rank: of operators nothing.
fn stored(rank: Rank) -> Role {
    match rank {
        Rank::Moderator => Role::Moderator,
        Rank::Owner => Role::Owner,
        Rank::Member | Rank::Operator => Role::Member,
    }
}

/// A chat that one case is tried in. Session 1 makes the room, 2 arranges it, 3 acts, 4 is the target, 5 is
/// nowhere.
#[derive(Clone)]
struct Scene {
    chat: Chat,
    seq: u64,
    /// How the last refusal reads.
    refusal: Option<String>,
}

fn session(n: u64) -> SessionId {
    SessionId::new(NodeId(0), n)
}

impl Scene {
    fn apply(&mut self, command: &Command) -> Result<(), Code> {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.seq * 1000) };
        let verdict = self.chat.apply(stamp, command, &mut ());
        self.refusal = verdict.as_ref().err().map(ToString::to_string);
        verdict.map_err(|rejection| rejection.code())
    }

    fn ask(&mut self, n: u64, ask: Ask) -> Result<(), Code> {
        self.apply(&Command::Ask { from: session(n), request: RequestId::NONE, ask })
    }

    fn account(&mut self, n: u64, name: &str, is_operator: bool) {
        let register = AccountAct::Register { name: name.into(), password: None };
        self.apply(&Command::Account { by: None, act: register }).unwrap();
        let operator = AccountAct::SetOperator { name: name.into(), is_operator };
        self.apply(&Command::Account { by: None, act: operator }).unwrap();
        let token: TokenHash = token(n);
        self.apply(&Command::LogIn { session: session(n), account: name.into(), token }).unwrap();
    }

    /// Session 6, of that rank, bans or mutes the target while that is a member; then the target gets its rank.
    fn restrained(case: Case, by: Rank, restraint: Ask) -> Scene {
        let mut scene = Scene::arranged(Case { target: Rank::Member, ..case });
        scene.account(6, "judge", by == Rank::Operator);
        scene.ask(6, join("den")).unwrap();
        scene.raise("judge", by);
        scene.ask(6, restraint).unwrap();
        scene.raise("target", case.target);
        let act =
            AccountAct::SetOperator { name: "target".into(), is_operator: case.target == Rank::Operator };
        scene.apply(&Command::Account { by: None, act }).unwrap();
        // What a ban or mute was made by does not change with whoever made it.
        scene
            .apply(&Command::Account {
                by: None,
                act: AccountAct::SetOperator { name: "judge".into(), is_operator: false },
            })
            .unwrap();
        if stored(by) > Role::Member {
            scene
                .ask(2, Ask::SetRole { room: "den".into(), user: "judge".into(), role: Role::Member })
                .unwrap();
        }
        scene
    }

    fn raise(&mut self, user: &str, rank: Rank) {
        if stored(rank) > Role::Member {
            self.ask(2, Ask::SetRole { room: "den".into(), user: user.into(), role: stored(rank) }).unwrap();
        }
    }

    fn arranged(case: Case) -> Scene {
        let mut scene = Scene { chat: Chat::new(Config::default()), seq: 0, refusal: None };
        scene.account(1, "maker", false);
        scene.account(2, "arranger", true);
        scene.account(3, "actor", case.actor == Rank::Operator);
        scene.account(4, "target", case.target == Rank::Operator);
        scene.account(5, "outsider", false);
        let room = || "den".into();
        scene.ask(1, join("den")).unwrap();
        scene.ask(4, join("den")).unwrap();
        scene.ask(4, say("den", "by the target")).unwrap();
        match case.stand {
            Stand::Inside => scene.ask(3, join("den")).unwrap(),
            Stand::Outside => {}
            Stand::Banned => {
                let ban = Ask::Ban { room: room(), user: "actor".into(), for_ms: None, reason: None };
                scene.ask(2, ban).unwrap();
            }
        }
        scene.raise("actor", case.actor);
        scene.raise("target", case.target);
        let invite_only = Some(case.is_private);
        let modes = ModeChange { invite_only, moderated: Some(case.is_moderated), ..ModeChange::default() };
        if case.is_private || case.is_moderated {
            scene.ask(2, Ask::SetModes { room: room(), modes }).unwrap();
        }
        scene
    }

    /// Does it in that room, or in another of which there is none.
    fn does(&mut self, act: &Act, room: &str) -> Result<(), Code> {
        let name = || room.into();
        let ask = match act {
            Act::Talk(ask) | Act::Over(ask) | Act::OverSelf(ask) => within(ask, room),
            Act::SetRole(role) => Ask::SetRole { room: name(), user: "target".into(), role: *role },
            Act::StepDown => Ask::SetRole { room: name(), user: "actor".into(), role: Role::Member },
            Act::Invite => Ask::Invite { room: name(), user: "outsider".into() },
            Act::Pace => {
                let modes = ModeChange { slow_s: Some(5), moderated: Some(true), ..ModeChange::default() };
                Ask::SetModes { room: name(), modes }
            }
            Act::Modes => {
                let modes = ModeChange { key: Some("k".into()), slow_s: Some(5), ..ModeChange::default() };
                Ask::SetModes { room: name(), modes }
            }
            Act::DeleteOwn => return self.deletes("actor", room),
            Act::DeleteTargets => return self.deletes("target", room),
            Act::Enter => join(room),
            Act::Leave => leave(room),
            Act::Whisper => whisper("target", "psst"),
            Act::Read(query) => return self.reads(query, room),
        };
        self.ask(3, ask)
    }

    fn deletes(&mut self, author: &str, room: &str) -> Result<(), Code> {
        let author = chat_core::UserName::new(author, 32).ok();
        let (from, request, number) = (session(3), RequestId::NONE, Number(3));
        self.apply(&Command::Delete { from, request, room: room.into(), number, author })
    }

    fn reads(&mut self, query: &Query, room: &str) -> Result<(), Code> {
        let answer = match query {
            Query::Users { .. } => self.chat.users(session(3), Some(room), None).map(|_| ()),
            Query::Room { .. } => self.chat.room_order(session(3), room).map(|_| ()),
            Query::History { .. } => self.chat.member_place(session(3), room).map(|_| ()),
            Query::Rooms { .. } => return self.lists(room),
            other => panic!("{other:?}"),
        };
        self.refusal = answer.as_ref().err().map(ToString::to_string);
        answer.map_err(|rejection| rejection.code())
    }

    /// A room that is not in the list is as one that is not there; the total tells no more.
    fn lists(&self, room: &str) -> Result<(), Code> {
        let Ok(chat_core::Answer::Rooms { total, rooms, .. }) = self.chat.rooms(session(3), None) else {
            panic!()
        };
        assert_eq!(total, rooms.len() as u64);
        let is_listed = rooms.iter().any(|listed| listed.room.as_str() == room);
        if is_listed { Ok(()) } else { Err(Code::NoSuchRoom) }
    }
}

/// The same ask about another room.
fn within(ask: &Ask, name: &str) -> Ask {
    let mut ask = ask.clone();
    match &mut ask {
        Ask::Say { room, .. }
        | Ask::Topic { room, .. }
        | Ask::Offer { to: chat_core::Recipient::Room(room), .. }
        | Ask::Kick { room, .. }
        | Ask::Ban { room, .. }
        | Ask::Unban { room, .. }
        | Ask::Mute { room, .. }
        | Ask::Unmute { room, .. } => *room = name.into(),
        other => panic!("{other:?}"),
    }
    ask
}

fn cases() -> impl Iterator<Item = Case> {
    let stands = [Stand::Inside, Stand::Outside, Stand::Banned];
    RANKS.into_iter().flat_map(move |actor| {
        stands.into_iter().flat_map(move |stand| {
            RANKS.into_iter().flat_map(move |target| {
                [(false, false), (false, true), (true, false), (true, true)]
                    .map(|(is_private, is_moderated)| Case { actor, stand, target, is_private, is_moderated })
            })
        })
    })
}

#[test]
fn every_case_is_decided_as_the_table_says() {
    let acts = acts();
    let mut tried = 0;
    for case in cases() {
        let scene = Scene::arranged(case);
        for (n, act) in acts.iter().enumerate() {
            let mut tries = scene.clone();
            let before = tries.chat.digest();
            let verdict = tries.does(act, "den");
            assert_eq!(verdict, promised(case, act), "act {n} in {case:?}");
            if verdict.is_err() {
                assert_eq!(tries.chat.digest(), before, "a refusal of act {n} changed something in {case:?}");
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 4 * 3 * 4 * 4 * acts.len());
}

#[test]
fn what_a_rank_imposed_is_lifted_and_replaced_by_no_lower_one() {
    let (room, user) = (|| "den".into(), || "target".into());
    let ban = |for_ms| Ask::Ban { room: room(), user: user(), for_ms, reason: None };
    let mute = |for_ms| Ask::Mute { room: room(), user: user(), for_ms, reason: None };
    let tries = [
        (ban(None), Ask::Unban { room: room(), user: user() }),
        (ban(Some(60_000)), ban(Some(1))),
        (mute(None), Ask::Unmute { room: room(), user: user() }),
        (mute(Some(60_000)), mute(Some(1))),
    ];
    let ranks = [Rank::Moderator, Rank::Owner, Rank::Operator];
    for case in cases().filter(|case| !case.is_private && !case.is_moderated) {
        let Case { actor, stand, target, .. } = case;
        for (by, (restraint, ask)) in
            ranks.into_iter().flat_map(|by| tries.iter().map(move |tried| (by, tried)))
        {
            let mut scene = Scene::restrained(case, by, restraint.clone());
            let may_act = actor == Rank::Operator || stand == Stand::Inside;
            let is_over = actor == Rank::Operator || actor > target;
            let promised = match (may_act, actor >= Rank::Moderator && is_over && actor >= by) {
                (false, _) => Err(Code::NotAMember),
                (true, false) => Err(Code::NotAllowed),
                (true, true) => Ok(()),
            };
            assert_eq!(
                scene.ask(3, ask.clone()),
                promised,
                "{ask:?} after {restraint:?} by {by} in {case:?}"
            );
        }
    }
}

#[test]
fn a_ban_that_has_ended_binds_nobody() {
    let case = Case {
        actor: Rank::Moderator,
        stand: Stand::Inside,
        target: Rank::Member,
        is_private: false,
        is_moderated: false,
    };
    let ban = |for_ms| Ask::Ban { room: "den".into(), user: "target".into(), for_ms, reason: None };
    let mut scene = Scene::restrained(case, Rank::Owner, ban(Some(60_000)));
    assert_eq!(scene.ask(3, ban(None)), Err(Code::NotAllowed));
    scene.seq += 60;
    assert_eq!(scene.ask(3, ban(None)), Ok(()));
}

#[test]
fn an_outsider_cannot_tell_a_private_room_from_none() {
    let acts = acts();
    let is_outsider = |case: &Case| {
        let is_kept_out =
            case.stand == Stand::Banned || case.stand == Stand::Outside && case.actor == Rank::Member;
        case.is_private && is_kept_out && case.actor != Rank::Operator
    };
    for case in cases().filter(is_outsider) {
        // Where nobody may make rooms, a join tells no more than all else.
        let mut scene = Scene::arranged(case);
        let config = Config { room_makers: chat_core::RoomMakers::Operators, ..Config::default() };
        scene.chat = Chat::restore(config, scene.chat.snapshot()).unwrap();
        for (n, act) in acts.iter().enumerate() {
            let (mut there, mut nowhere) = (scene.clone(), scene.clone());
            assert_eq!(there.does(act, "den"), nowhere.does(act, "cellar"), "act {n} in {case:?}");
            let refusal = there.refusal.map(|refusal| refusal.replace("#den", "#cellar"));
            assert_eq!(refusal, nowhere.refusal, "act {n} in {case:?}");
        }
    }
}

#[test]
fn a_muted_one_does_not_talk_whatever_the_rank() {
    let is_over_the_other = |case: &Case| case.stand == Stand::Inside && !case.is_moderated;
    for case in cases().filter(is_over_the_other) {
        let mut scene = Scene::arranged(case);
        let mute = Ask::Mute { room: "den".into(), user: "actor".into(), for_ms: Some(3_000), reason: None };
        scene.ask(2, mute).unwrap();
        for act in acts().iter().filter(|act| matches!(act, Act::Talk(_))) {
            assert_eq!(scene.clone().does(act, "den"), Err(Code::Muted), "{case:?}");
        }
        assert_eq!(scene.does(&Act::Whisper, "den"), Ok(()));
        // It ends by itself.
        scene.seq += 3;
        assert_eq!(scene.does(&Act::Talk(say("den", "again")), "den"), Ok(()));
    }
}
