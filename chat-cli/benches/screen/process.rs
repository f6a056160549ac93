//! What a process takes, as the system counts it.

use std::fs::read_to_string;
use std::time::Duration;

/// Linux tells programs of processor time in this unit, whatever it counts in itself (proc_pid_stat(5)).
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has taken so far.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The name may hold anything but ends in the last bracket; fields 14 and 15 are those of the program and the system.
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks: u32 =
        fields.split(' ').skip(11).take(2).map(|field| field.parse::<u32>().expect("ticks")).sum();
    TICK * ticks
}

/// The memory that it takes now, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kib / 1024.0
}
