//! Whether it shows in the time of a refusal that a name has an account.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{WRONG, account};
use crate::bench::stop::Stop;

/// Logins that are not counted: the first ones find everything cold.
const WARM_UP: u32 = 10;

/// Times in nanoseconds, of a known name and of unknown ones, by turns.
pub(super) fn measure(server: SocketAddr, pairs: u32, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>)> {
    let stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut ask = |name: &str| -> Result<f64> {
        let login =
            format!("{{\"type\":\"login\",\"name\":\"{name}\",\"rooms\":[],\"password\":\"{WRONG}\"}}\n");
        let (begun, mut answer) = (Instant::now(), String::new());
        (&stream).write_all(login.as_bytes())?;
        answers.read_line(&mut answer)?;
        let took = begun.elapsed();
        ensure!(answer.contains("\"bad_login\""), "a wrong password was answered by {answer:?}");
        Ok(took.as_nanos() as f64)
    };
    let known = account(7);
    // As long as the known one, and never the same twice.
    let unknown = |number: u32| format!("n{number:0>width$}", width = known.len() - 1);
    let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + pairs {
        stop.check()?;
        // Which one is first changes, so that neither gains by what the other leaves behind.
        let times = match number % 2 {
            0 => (ask(&known)?, ask(&unknown(number))?),
            _ => {
                let second = ask(&unknown(number))?;
                (ask(&known)?, second)
            }
        };
        if number >= WARM_UP {
            of_known.push(times.0);
            of_unknown.push(times.1);
        }
    }
    Ok((of_known, of_unknown))
}

/// Welch's t: the difference of the means, in units of how much it varies by chance.
pub(super) fn welch(one: &[f64], other: &[f64]) -> Option<f64> {
    let ((mean, error), (other_mean, other_error)) = (mean(one)?, mean(other)?);
    let chance = (error + other_error).sqrt();
    (chance > 0.0).then(|| (mean - other_mean) / chance)
}

/// The mean, and by how much it varies by chance, squared.
fn mean(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some((mean, variance / count))
}

/// The one in the middle, in microseconds.
pub(super) fn median_us(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).map_or(0.0, |ns| ns / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welchs_t_is_the_difference_in_units_of_chance() {
        // Means 2 and 4, variances 1 and 4, three of each: 2 / sqrt(1/3 + 4/3).
        let t = welch(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]).unwrap();
        assert!((t + 2.0 / (5.0_f64 / 3.0).sqrt()).abs() < 1e-9, "{t}");
        assert_eq!(welch(&[1.0, 2.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(welch(&[1.0, 2.0], &[1.0]), None, "one value says nothing of chance");
        assert_eq!(median_us(&[3000.0, 1000.0, 2000.0]), 2.0);
    }
}
