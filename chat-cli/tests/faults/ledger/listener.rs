//! One listener in one room: from its own join on it is told everything, in order, once.

use chat_net::chat_core::Event;

/// What it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    /// The first and the last number since it joined; none while it is not in the room.
    stay: Option<(u64, u64)>,
    /// The end of its stay before that.
    before: u64,
    /// The last message from before its join that it was shown.
    shown: u64,
    /// The number of its last leave that was answered.
    left: u64,
}

impl Listener {
    /// Its own leave was answered. If that happened while it was away, it is not told what came before, nor that
    /// it left: it is no member any more.
    pub(super) fn left(&mut self, number: u64) {
        self.left = number;
    }

    /// Takes the next event. What it is shown from before its join may be a selection, in order, of what it
    /// was not told earlier; the topic stands apart.
    pub(super) fn told(&mut self, name: &str, past: bool, event: &Event) -> Result<(), String> {
        let Some(number) = event.place().map(|place| place.number.0) else { return Ok(()) };
        let is_own = |user: &str| user == name;
        let joins = matches!(event, Event::Joined { user, .. } if is_own(user.as_str()));
        if let Some((_, last)) = self.stay
            && joins
            && last < self.left
            && self.left < number
        {
            (self.stay, self.before) = (None, last);
        }
        match self.stay {
            None if joins => {
                self.stay = Some((number, number));
                self.shown = self.before;
                if number <= self.before {
                    return Err(format!("it joined at {number}, after it had left at {}", self.before));
                }
            }
            None => return Err(format!("it is not in the room, and was told {event}")),
            Some((first, _)) if past && number < first => {
                if matches!(event, Event::TopicChanged { .. }) {
                    return Ok(());
                }
                if number <= self.shown {
                    return Err(format!("it was shown {number} after {}: {event}", self.shown));
                }
                self.shown = number;
            }
            Some((_, last)) if number != last + 1 => return Err(format!("after {last} it was told {event}")),
            Some((first, _)) => {
                self.stay = Some((first, number));
                if matches!(event, Event::Left { user, .. } if is_own(user.as_str())) {
                    self.stay = None;
                    self.before = number;
                }
            }
        }
        Ok(())
    }

    /// The last number it was told, if it is in the room.
    pub(super) fn last(&self) -> Option<u64> {
        self.stay.map(|(_, last)| last)
    }
}
