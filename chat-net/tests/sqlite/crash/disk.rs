//! A disk that keeps what was synced, and of the rest whatever it likes.

use std::collections::BTreeMap;
use std::path::Path;

use super::trace::Op;
use crate::log::Dice;

const SECTOR: usize = 512;

/// Files by name, as a process sees them and as the disk has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    /// What a process sees under a name.
    names: BTreeMap<String, usize>,
    /// What the disk has for certain.
    safe_names: BTreeMap<String, usize>,
    /// Up to which change of which file a sync that is under way reaches.
    syncs: BTreeMap<usize, (usize, u64)>,
    changes: u64,
}

#[derive(Clone, Debug, Default)]
struct File {
    /// What was synced.
    safe: Vec<u8>,
    /// What came after, in order.
    pending: Vec<(u64, Change)>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: u64, data: Vec<u8> },
    Truncate { length: u64 },
}

impl Disk {
    /// A call that ended.
    pub(crate) fn take(&mut self, op: &Op) {
        match op {
            Op::Open { file } => {
                self.file(file);
            }
            Op::Write { file, offset, data } => {
                self.change(file, Change::Write { offset: *offset, data: data.clone() });
            }
            Op::Truncate { file, length } => self.change(file, Change::Truncate { length: *length }),
            Op::SyncBegins { file, sync } => {
                let file = self.file(file);
                self.syncs.insert(*sync, (file, self.changes));
            }
            Op::SyncEnded { sync } => {
                let Some((file, upto)) = self.syncs.remove(sync) else { return };
                let File { safe, pending } = &mut self.files[file];
                let rest = pending.split_off(pending.partition_point(|(number, _)| *number <= upto));
                for (_, change) in std::mem::replace(pending, rest) {
                    change.make(safe);
                }
            }
            Op::SyncFolder => self.safe_names.clone_from(&self.names),
            Op::Unlink { file } => {
                self.names.remove(file);
            }
            Op::Told(_) => {}
        }
    }

    fn file(&mut self, name: &str) -> usize {
        if let Some(file) = self.names.get(name) {
            return *file;
        }
        self.files.push(File::default());
        self.names.insert(name.into(), self.files.len() - 1);
        self.files.len() - 1
    }

    fn change(&mut self, name: &str, change: Change) {
        let file = self.file(name);
        self.changes += 1;
        self.files[file].pending.push((self.changes, change));
    }

    /// Writes one of the disks that a power cut may leave now. Says whether it is a mixture: neither all nor
    /// nothing of what was not synced.
    pub(crate) fn after_power_cut(&self, seed: u64, folder: &Path) -> bool {
        let mut dice = Dice::new(seed);
        std::fs::create_dir_all(folder).unwrap();
        // Of ten: how many changes are lost, and how many are torn.
        let (lost, torn) =
            [(10, 0), (0, 0), (5, 0), (1, 2), (3, 7), (8, 1), (0, 10), (9, 1)][dice.below(8) as usize];
        let mut is_mixed = false;
        let both = self.names.keys().chain(self.safe_names.keys());
        for name in both.collect::<std::collections::BTreeSet<_>>() {
            let (seen, safe) = (self.names.get(name), self.safe_names.get(name));
            // A name that was not synced is there, or is as it was.
            let file = if seen == safe || dice.below(2) == 0 { seen } else { safe };
            let Some(file) = file else { continue };
            let File { safe, pending } = &self.files[*file];
            let mut content = safe.clone();
            for (_, change) in pending {
                let fate = dice.below(10);
                if fate < lost {
                    change.leave_a_hole(&mut content, &mut dice);
                } else if fate < lost + torn {
                    change.tear(&mut content, &mut dice);
                } else {
                    change.make(&mut content);
                }
            }
            is_mixed |= !pending.is_empty() && (lost, torn) != (10, 0) && (lost, torn) != (0, 0);
            std::fs::write(folder.join(name), content).unwrap();
        }
        is_mixed
    }
}

impl Change {
    fn make(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write { offset, data } => {
                let from = *offset as usize;
                grow(content, from + data.len());
                content[from..from + data.len()].copy_from_slice(data);
            }
            Change::Truncate { length } => content.resize(*length as usize, 0),
        }
    }

    /// Nothing of it is there; but the file may have got its length.
    fn leave_a_hole(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        if let Change::Write { offset, data } = self
            && dice.below(2) == 0
        {
            grow(content, *offset as usize + data.len());
        }
    }

    /// Some sectors of it are there.
    fn tear(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        let Change::Write { offset, data } = self else {
            return if dice.below(2) == 0 {
                self.make(content);
            };
        };
        let (mut from, end) = (*offset as usize, *offset as usize + data.len());
        while from < end {
            let to = ((from / SECTOR + 1) * SECTOR).min(end);
            if dice.below(2) == 0 {
                let part = data[from - *offset as usize..to - *offset as usize].to_vec();
                Change::Write { offset: from as u64, data: part }.make(content);
            }
            from = to;
        }
    }
}

fn grow(content: &mut Vec<u8>, length: usize) {
    if content.len() < length {
        content.resize(length, 0);
    }
}
