//! Which start of the machine this is: after another one, what was only in its memory is gone.

use super::Durability;
use super::meta::Run;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The id of this start of the machine, where the system gives one.
pub(crate) fn id() -> Option<String> {
    let id = std::fs::read_to_string(BOOT_ID).ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Whether something that the last run had reported as kept may be gone.
pub(crate) fn may_have_lost(last: &Run, boot: Option<&str>) -> bool {
    let restarted = boot.is_none() || last.boot.as_deref() != boot;
    last.durability == Durability::Os && !last.is_clean && restarted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_power_cut_at_level_os_loses() {
        let last = Run { boot: Some("a".into()), durability: Durability::Os, is_clean: false };
        assert!(may_have_lost(&last, Some("b")));
        assert!(may_have_lost(&last, None), "unknown is not the same");
        assert!(!may_have_lost(&last, Some("a")), "the machine ran on");
        assert!(!may_have_lost(&Run { is_clean: true, ..last.clone() }, Some("b")));
        assert!(!may_have_lost(&Run { durability: Durability::Fsync, ..last.clone() }, Some("b")));
        assert!(may_have_lost(&Run { boot: None, ..last }, Some("b")));
    }
}
