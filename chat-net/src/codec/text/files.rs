//! What people at a line are told of files, which their lines cannot carry.

use chat_core::{CopyState, EndReason, Event, FileName, Offer, Target, Timestamp, TransferInfo};

use super::print::Print;

/// `3.24 MiB`, in the largest unit that leaves something before the point; `10 B`. Clients show it so, too.
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        #[expect(clippy::cast_precision_loss, reason = "nobody reads the digits that are lost")]
        let mut size = self.0 as f64;
        let mut unit = "";
        for larger in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
            if size < 1024.0 {
                break;
            }
            (size, unit) = (size / 1024.0, larger);
        }
        write!(f, "{size:.2} {unit}B")
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
        self.args(format_args!(", file {number}; /decline {number} says no\n"));
        // Whoever reads this may not know the address that others reach the server by, and the server does not either.
        match &offer.to {
            Target::User(user) => self.args(format_args!(
                "- files do not come here; /quit, run this, and have {from} offer it again:\n\
                 - chat-cli receive HOST:PORT --name {user} --from {from} --dir .\n"
            )),
            Target::Room(room) => self.args(format_args!(
                "- files do not come here; run this elsewhere, under a name of your choice:\n\
                 - chat-cli receive HOST:PORT --name NAME --from {from} --room {room} --dir .\n"
            )),
        }
    }

    /// The answer to `/transfers`: `- files (1): 7 "photo.jpg" (3.24 MiB) from alice to bob, offered`
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

    /// `"photo.jpg" (3.24 MiB)`
    fn file(&mut self, name: &FileName, size: u64) {
        self.raw("\"");
        self.foreign(name.as_str());
        self.args(format_args!("\" ({})", Size(size)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Form, FromServer, Told};

    #[test]
    fn a_size_is_short() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (270_449, "264.11 KiB"),
            (3_400_000, "3.24 MiB"),
            (u64::MAX, "16.00 EiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), shown);
        }
    }

    /// Whoever is at a terminal of 80 columns can copy the command as one line.
    #[test]
    fn an_offer_says_how_to_get_the_file_in_lines_that_fit() {
        let room = chat_core::RoomName::new("lobby", 64).unwrap();
        let user = |name: &str| chat_core::UserName::new(name, 32).unwrap();
        for (to, first) in
            [(Target::User(user("nora")), "alice offers you"), (Target::Room(room), "#lobby alice offers")]
        {
            let offer = Offer {
                transfer: chat_core::TransferId(7),
                from: user("alice"),
                to,
                name: FileName::new("photo.jpg").unwrap(),
                size: 270_449,
                hash: None,
                chunk_bytes: 65_536,
                expires: Timestamp(0),
            };
            let mut out = bytes::BytesMut::new();
            let event = Event::Offered(Box::new(offer));
            let told = Told { re: chat_core::RequestId::NONE, past: false, at: Timestamp(0), event };
            Form::Text.encode(&FromServer::Told(told), false, &mut out);
            let shown = String::from_utf8(out.to_vec()).unwrap();
            assert!(
                shown.contains(&format!("{first} \"photo.jpg\" (264.11 KiB), file 7; /decline 7 says no\n")),
                "{shown}"
            );
            assert!(
                shown.contains("\n- chat-cli receive HOST:PORT --name ") && shown.ends_with(" --dir .\n")
            );
            assert!(shown.lines().skip(1).all(|line| line.len() <= 80), "{shown}");
        }
    }
}
