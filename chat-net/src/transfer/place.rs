//! Which receivers of a transfer share a pass.

use chat_core::transfer::flow::Flow;
use tokio::time::Instant;

use super::frames::Forms;
use super::pass::{Pass, Receiver};
use super::port::Port;
use super::relay::Relay;
use crate::codec::FromServer;

impl<P: Port> Relay<P> {
    /// Puts everything in order after receivers came or went, or changed their pass.
    pub(super) fn tend(&mut self, now: Instant) {
        self.part_far();
        self.stop_empty();
        if self.gathers_until.is_none_or(|until| now >= until) {
            self.place(now);
        }
        for at in 0..self.passes.len() {
            self.measure(at);
        }
        self.credit_all(now);
    }

    /// Receivers that are far ahead of their pass leave it, if there is another for them.
    fn part_far(&mut self) {
        let has_room = self.passes.len() < self.rules.passes;
        for pass in &self.passes {
            let far = pass.next().saturating_add(self.rules.window);
            let of_it = |number: Option<u32>| number == Some(pass.number);
            let is_needed = self.receivers.iter().any(|it| of_it(it.pass) && it.flow.sent() <= far);
            if has_room || !is_needed {
                for receiver in self.receivers.iter_mut().filter(|it| of_it(it.pass)) {
                    receiver.pass = receiver.pass.filter(|_| receiver.flow.sent() <= far);
                }
            }
        }
    }

    /// Passes that nobody needs end.
    fn stop_empty(&mut self) {
        for at in (0..self.passes.len()).rev() {
            let number = self.passes[at].number;
            if self.receivers.iter().all(|receiver| receiver.pass != Some(number)) {
                self.stop(at);
            }
        }
    }

    fn stop(&mut self, at: usize) {
        let pass = self.passes.remove(at);
        if let Some(sender) = &self.sender {
            sender.forgive_chunks(pass.owed());
            sender.tell(&FromServer::Stop { transfer: self.start.transfer, pass: pass.number });
            self.dirty.push(sender.clone());
        }
    }

    /// Finds a pass for every receiver that has none and needs one: one that is just behind it, else a new one, else any
    /// that will come by. If there is none either, the receiver waits until one ends.
    fn place(&mut self, now: Instant) {
        let size = self.start.size;
        let mut waiting: Vec<usize> = (0..self.receivers.len())
            .filter(|at| self.receivers[*at].pass.is_none() && self.receivers[*at].flow.sent() < size)
            .collect();
        // From the beginning of the file on, so that those who are further can share what begins before them.
        waiting.sort_by_key(|at| self.receivers[*at].flow.sent());
        for at in waiting {
            let sent = self.receivers[at].flow.sent();
            let form = Forms::of(self.receivers[at].port.form());
            let behind = self.behind(&self.receivers[at], form);
            let is_near = behind.is_some_and(|pass| sent - self.passes[pass].next() <= self.rules.window);
            let has_room = self.passes.len() < self.rules.passes;
            let pass = match behind {
                Some(pass) if is_near || !has_room => pass,
                _ if has_room => self.begin(sent, now),
                _ => continue,
            };
            self.receivers[at].pass = Some(self.passes[pass].number);
            self.passes[pass].forms = self.passes[pass].forms.and(form);
        }
    }

    /// The pass that is next to come by where a receiver is, of those that it can join.
    fn behind(&self, receiver: &Receiver<P>, form: Forms) -> Option<usize> {
        let can_join = |at: &usize| {
            let pass = &self.passes[*at];
            pass.next() <= receiver.flow.sent()
                && pass.until <= receiver.grant
                && receiver.left != Some(pass.number)
                && self.has_memory_for(*at, form)
        };
        (0..self.passes.len()).filter(can_join).max_by_key(|at| self.passes[*at].next())
    }

    fn begin(&mut self, from: u64, now: Instant) -> usize {
        self.last_pass += 1;
        self.passes.push(Pass::new(self.last_pass, self.start.size, from, now));
        self.passes.len() - 1
    }

    /// If a pass that was at `from` comes to where another stands, they become one: the receivers of the other join, if
    /// they can take what it may bring. Gives where the pass is then.
    ///
    /// A pass that was just parted from another begins where that one is, or behind it: they do not meet.
    pub(super) fn meet(&mut self, mut at: usize, from: u64) -> usize {
        let (number, end) = (self.passes[at].number, self.passes[at].next());
        let is_met = |relay: &Self, at: usize, other: usize| {
            let pass = &relay.passes[other];
            // What the sender was granted for the one has to be within what the receivers of the other can take.
            other != at
                && (from < pass.next() && pass.next() <= end)
                && relay.passes[at].until <= pass.limit
                && relay.has_memory_for(at, pass.forms)
        };
        while let Some(other) = (0..self.passes.len()).find(|other| is_met(self, at, *other)) {
            let met = self.passes[other].number;
            for receiver in self.receivers.iter_mut().filter(|receiver| receiver.pass == Some(met)) {
                receiver.pass = Some(number);
            }
            self.stop(other);
            at -= usize::from(other < at);
            self.measure(at);
        }
        at
    }

    /// Looks whether a pass is delayed by some of its receivers while others have nothing to do. If that lasts, the fewer
    /// of them go on apart, from where they are.
    ///
    /// Where it is the slow ones that leave, what waits for them is taken back. The fast ones leave only if there is
    /// another pass for them.
    pub(super) fn judge(&mut self, at: usize, now: Instant) {
        let Some(pass) = self.passes.get(at) else { return };
        let need = pass.next().saturating_add(self.chunk).min(self.start.size);
        let (number, is_blocked) = (pass.number, pass.limit < need && pass.until < need);
        let (mut all, mut waiting, mut are_long) = (0, 0, false);
        for receiver in self.receivers.iter_mut().filter(|receiver| receiver.pass == Some(number)) {
            let waits = is_blocked && receiver.flow.is_idle();
            are_long |= receiver.waits.note(waits, now);
            (all, waiting) = (all + 1, waiting + usize::from(waits));
        }
        let are_most = waiting > 0 && waiting * 2 >= all;
        let is_delayed = self.passes[at].delay.note(are_most, now);
        if is_delayed {
            self.leave(number, now, |receiver| receiver.grant < need);
        } else if are_long && !are_most && self.passes.len() < self.rules.passes {
            self.leave(number, now, |receiver| receiver.flow.is_idle());
        }
    }

    pub(super) fn judge_all(&mut self, now: Instant) {
        for at in (0..self.passes.len()).rev() {
            self.judge(at, now);
        }
    }

    /// Some receivers leave their pass.
    fn leave(&mut self, number: u32, now: Instant, who: impl Fn(&Receiver<P>) -> bool) {
        for at in 0..self.receivers.len() {
            let receiver = &mut self.receivers[at];
            if receiver.pass == Some(number) && who(receiver) {
                (receiver.pass, receiver.left) = (None, Some(number));
                self.take_back(at);
            }
        }
        self.tend(now);
    }

    /// Takes back what waits for a receiver: as if it had never been sent.
    fn take_back(&mut self, at: usize) {
        let receiver = &mut self.receivers[at];
        if let Some(first) = receiver.port.withdraw(self.start.transfer) {
            let acknowledged = receiver.flow.acknowledged();
            receiver.flow = Flow::new(self.start.size, self.rules.window, acknowledged);
            receiver.flow.sent_to(first);
        }
        self.receivers[at].grant = self.grant(&self.receivers[at]);
    }
}
