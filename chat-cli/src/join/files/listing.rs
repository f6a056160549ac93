//! The list that `/transfers` shows.

use chat_net::chat_core::{CopyInfo, CopyState, Target, TransferInfo};

use crate::files::{Who, ended, file, other_end, paused, percent};

/// A line for each transfer, as `me` sees it.
pub(crate) fn listing(transfers: &[TransferInfo], me: &str) -> Vec<String> {
    if transfers.is_empty() {
        return vec!["no files are offered or on their way".to_owned()];
    }
    transfers.iter().map(|info| line(info, me)).collect()
}

fn line(info: &TransferInfo, me: &str) -> String {
    let TransferInfo { offer, open, copies } = info;
    let is_mine = Who::new(&offer.from, me).is_me();
    let head = format!("{}: {} {}", offer.transfer, file(offer), other_end(offer, is_mine));
    // Where there is but one other end, it is named already.
    let is_named = is_mine && matches!(offer.to, Target::Room(_));
    let mut parts: Vec<String> = copies.iter().map(|copy| part(copy, offer.size, is_named, me)).collect();
    let may_be_taken = copies.is_empty() || matches!(offer.to, Target::Room(_));
    match (is_mine, copies.is_empty(), open) {
        (true, _, true) if may_be_taken => {
            parts.push(format!("offered, /cancel {} takes it back", offer.transfer));
        }
        (false, true, true) => parts.push(format!("/accept {0} or /decline {0}", offer.transfer)),
        (false, false, true) if copies.iter().all(|copy| was_given_up(copy, me)) => {
            parts.push(format!("/accept {} takes it after all", offer.transfer));
        }
        (_, true, false) => parts.push("not offered any more".to_owned()),
        _ => {}
    }
    format!("{head}: {}", parts.join(", "))
}

/// Whether it is mine, and I did not want it.
fn was_given_up(copy: &CopyInfo, me: &str) -> bool {
    match copy.state {
        CopyState::Declined {} => true,
        CopyState::Cancelled { .. } => copy.by.as_ref().is_some_and(|by| Who::new(by, me).is_me()),
        _ => false,
    }
}

fn part(copy: &CopyInfo, size: u64, is_named: bool, me: &str) -> String {
    let share = percent(copy.offset, size);
    let who = Who::new(&copy.user, me);
    let state = match copy.state {
        CopyState::Running {} => format!("{share}%"),
        CopyState::Paused { why } => format!("paused at {share}%, {}", paused(who, why)),
        CopyState::Finished {} if who.is_me() => "is here, verified".to_owned(),
        CopyState::Finished {} => "has it, verified".to_owned(),
        CopyState::Declined {} if who.is_me() => "you do not take it".to_owned(),
        CopyState::Declined {} => "does not take it".to_owned(),
        CopyState::Cancelled { why } => {
            let by = copy.by.as_ref().map_or(who, |by| Who::new(by, me));
            format!("over, {}", ended(by, why))
        }
    };
    if is_named { format!("{}: {state}", copy.user) } else { state }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::{offer, user};
    use chat_net::chat_core::{EndReason, PauseReason};

    #[test]
    fn each_transfer_is_a_line_that_says_how_it_stands() {
        let copy = |name: &str, offset, state| CopyInfo { user: user(name), offset, state, by: None };
        let info = |offer, open, copies| TransferInfo { offer, open, copies };
        assert_eq!(listing(&[], "bob"), ["no files are offered or on their way"]);
        let paused = CopyState::Paused { why: PauseReason::NoSpace };
        let done = vec![copy("alice", 200, CopyState::Finished {})];
        let transfers = [
            info(offer(2, "bob", "alice", "c", 200), true, done),
            info(offer(3, "alice", "bob", "photo.jpg", 3_300_000), true, vec![]),
            info(offer(4, "alice", "bob", "a", 0), false, vec![copy("bob", 0, CopyState::Finished {})]),
            info(
                offer(5, "Bob", "#dev", "b", 200),
                true,
                vec![copy("alice", 90, CopyState::Running {}), copy("carol", 1, paused)],
            ),
        ];
        assert_eq!(
            listing(&transfers, "bob"),
            [
                "2: \"c\" (200 B) to alice: has it, verified",
                "3: \"photo.jpg\" (3.15 MiB) from alice: /accept 3 or /decline 3",
                "4: \"a\" (0 B) from alice: is here, verified",
                "5: \"b\" (200 B) to #dev: alice: 45%, carol: paused at 0%, carol's disk is full, offered, /cancel 5 takes it back",
            ]
        );
    }

    #[test]
    fn a_copy_that_is_over_says_who_ended_it() {
        let why = EndReason::Cancelled;
        let ended = |by: &str| {
            let state = CopyState::Cancelled { why };
            vec![CopyInfo { user: user("slim"), offset: 0, state, by: Some(user(by)) }]
        };
        let of = |number, open, by| TransferInfo {
            offer: offer(number, "ann", "#dev", "a", 0),
            open,
            copies: ended(by),
        };
        let transfers = [of(1, false, "ann"), of(2, false, "slim"), of(3, true, "ann"), of(4, true, "slim")];
        assert_eq!(
            listing(&transfers, "Ann"),
            [
                "1: \"a\" (0 B) to #dev: slim: over, you called it off",
                "2: \"a\" (0 B) to #dev: slim: over, slim called it off",
                "3: \"a\" (0 B) to #dev: slim: over, you called it off, offered, /cancel 3 takes it back",
                "4: \"a\" (0 B) to #dev: slim: over, slim called it off, offered, /cancel 4 takes it back",
            ]
        );
        assert_eq!(
            listing(&transfers, "slim"),
            [
                "1: \"a\" (0 B) from ann in #dev: over, ann called it off",
                "2: \"a\" (0 B) from ann in #dev: over, you called it off",
                "3: \"a\" (0 B) from ann in #dev: over, ann called it off",
                "4: \"a\" (0 B) from ann in #dev: over, you called it off, /accept 4 takes it after all",
            ]
        );
    }
}
