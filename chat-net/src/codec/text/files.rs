//! What people at a line are told of files, which their lines cannot carry.

use chat_core::{CopyState, EndReason, Event, FileName, Offer, Target, Timestamp, TransferInfo};

use super::print::Print;

/// `3.2 MiB`: at most one digit behind the point, in the largest unit that leaves something before it.
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(f, "{} bytes", self.0);
        }
        // Tenths of the unit, so that nothing is rounded up into the next one.
        let (mut tenths, mut unit) = (u128::from(self.0) * 10 / 1024, 0);
        while tenths >= 10_240 && unit + 1 < UNITS.len() {
            (tenths, unit) = (tenths / 1024, unit + 1);
        }
        write!(f, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

impl Print<'_> {
    /// Prints what a person needs to know of an event about a file; nothing of those that only its two ends need.
    pub(super) fn transfer(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Offered(offer) => self.offered(at, offer),
            Event::Declined { transfer, .. } => self.args(format_args!("- you declined file {transfer}\n")),
            Event::Closed { transfer, why } => {
                let why = match why {
                    EndReason::Expired => "it was offered for long enough",
                    EndReason::SourceChanged => "the file changed",
                    EndReason::Left | EndReason::Gone => "its sender left",
                    _ => "its sender called it off",
                };
                self.args(format_args!("- file {transfer} is not offered any more: {why}\n"));
            }
            _ => {}
        }
    }

    fn offered(&mut self, at: Timestamp, offer: &Offer) {
        let (number, from) = (offer.transfer, &offer.from);
        self.time(at);
        match &offer.to {
            Target::User(_) => self.args(format_args!("{from} offers you ")),
            Target::Room(room) => self.args(format_args!("#{room} {from} offers ")),
        }
        self.file(&offer.name, offer.size);
        self.args(format_args!(", file {number}; "));
        match &offer.to {
            Target::User(user) => self.args(format_args!(
                "to get it, leave, run chat-cli receive --name {user} --from {from}, and have it offered again; \
                 to say no, type /decline {number}\n"
            )),
            Target::Room(room) => self.args(format_args!(
                "to get it, run chat-cli receive --name ANOTHER --from {from} --room {room}\n"
            )),
        }
    }

    /// The answer to `/transfers`: `- files (1): 7 "photo.jpg" (3.2 MiB) from alice to bob, offered`
    pub(super) fn transfers(&mut self, transfers: &[TransferInfo]) {
        if transfers.is_empty() {
            return self.raw("- no file is offered to you\n");
        }
        self.args(format_args!("- files ({})", transfers.len()));
        let mut before = ": ";
        for TransferInfo { offer, open, copies } in transfers {
            self.raw(before);
            before = "; ";
            self.args(format_args!("{} ", offer.transfer));
            self.file(&offer.name, offer.size);
            self.args(format_args!(" from {} to {}", offer.from, offer.to));
            let declined = copies.iter().any(|copy| copy.state == CopyState::Declined {});
            self.raw(match (open, declined) {
                (_, true) => ", declined",
                (true, false) => ", offered",
                (false, false) => ", over",
            });
        }
        self.raw("\n");
    }

    /// `"photo.jpg" (3.2 MiB)`
    fn file(&mut self, name: &FileName, size: u64) {
        self.raw("\"");
        self.foreign(name.as_str());
        self.args(format_args!("\" ({})", Size(size)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_short_and_never_rounded_up() {
        let shown = |bytes: u64| Size(bytes).to_string();
        assert_eq!(shown(0), "0 bytes");
        assert_eq!(shown(1023), "1023 bytes");
        assert_eq!(shown(1024), "1.0 KiB");
        assert_eq!(shown(1024 * 1024 - 1), "1023.9 KiB");
        assert_eq!(shown(3_400_000), "3.2 MiB");
        assert_eq!(shown(u64::MAX), "16383.9 PiB");
    }
}
