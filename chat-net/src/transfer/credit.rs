//! How far a sender may go: the least that the receivers of a pass can take, and what the transfer's memory has room for.

use tokio::time::Instant;

use super::frames::Forms;
use super::pass::{Pass, Receiver};
use super::port::Port;
use super::relay::Relay;
use crate::codec::{Credit, FromServer};

impl<P: Port> Relay<P> {
    /// How far a receiver lets its pass go.
    pub(super) fn grant(&self, receiver: &Receiver<P>) -> u64 {
        let waiting = receiver.port.waiting(self.start.transfer);
        let room = receiver.port.share().saturating_sub(waiting);
        // One chunk always fits where none waits.
        let least = if waiting == 0 { self.chunk } else { 0 };
        receiver.flow.grant(room.max(least))
    }

    /// Finds out anew how far the receivers of a pass let it go, and which forms they speak.
    pub(super) fn measure(&mut self, at: usize) {
        let number = self.passes[at].number;
        let of_it = self.receivers.iter().filter(|receiver| receiver.pass == Some(number));
        let (mut limit, mut forms) = (u64::MAX, Forms::default());
        for receiver in of_it {
            limit = limit.min(receiver.grant);
            forms = forms.and(Forms::of(receiver.port.form()));
        }
        (self.passes[at].limit, self.passes[at].forms) = (limit, forms);
    }

    /// Tells the sender how far a pass may go, if that is worth telling: whole chunks, a few at once.
    pub(super) fn credit(&mut self, at: usize, now: Instant) {
        let (chunk, size) = (self.chunk, self.start.size);
        let memory = self.memory(at);
        let pass = &mut self.passes[at];
        let next = pass.next();
        let wanted = pass.limit.saturating_sub(next);
        if memory < wanted {
            self.is_tight = true;
        }
        let room = wanted.min(memory);
        let until = if next + room >= size { size } else { next + room / chunk * chunk };
        if until <= pass.until {
            return;
        }
        let is_owed_little = pass.owed() < chunk;
        if is_owed_little || until - pass.until >= self.rules.step || until == size {
            if pass.owed() == 0 {
                pass.heard = now;
            }
            pass.until = until;
            self.tell_credit(at);
        }
    }

    pub(super) fn credit_all(&mut self, now: Instant) {
        self.is_tight = false;
        for at in 0..self.passes.len() {
            self.credit(at, now);
        }
    }

    /// How many bytes of the file may still come in a pass before the frames made of them fill the transfer's memory.
    fn memory(&self, at: usize) -> u64 {
        let pass = &self.passes[at];
        let others = self.taken() - pass.will_take();
        let free = self.rules.memory.saturating_sub(others);
        match free.saturating_mul(100) / pass.weight() {
            // However little memory there may be, one chunk at a time goes on.
            room if others == 0 => room.max(self.chunk),
            room => room,
        }
    }

    /// How much of the transfer's memory is taken, or will be by what the passes may still bring.
    fn taken(&self) -> u64 {
        self.held.bytes() + self.passes.iter().map(Pass::will_take).sum::<u64>()
    }

    /// Whether there is memory for the chunks that a pass may still bring, if receivers of these forms join it.
    pub(super) fn has_memory_for(&self, at: usize, forms: Forms) -> bool {
        let pass = &self.passes[at];
        let more = pass.owed() * (pass.forms.and(forms).weight() - pass.forms.weight()) / 100;
        more == 0 || self.taken() + more <= self.rules.memory
    }

    pub(super) fn tell_credit(&mut self, at: usize) {
        let Some(sender) = &self.sender else { return };
        let Pass { number, until, .. } = self.passes[at];
        let (transfer, next) = (self.start.transfer, self.passes[at].next());
        sender.tell(&FromServer::Credit(Credit { transfer, pass: number, next, until }));
        self.dirty.push(sender.clone());
    }
}
