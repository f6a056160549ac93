//! How passwords are kept: argon2id, as a string in PHC form that holds its salt and its cost.

use argon2::password_hash::phc;
use argon2::password_hash::{CustomizedPasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use chat_core::PasswordHash;

use crate::codec::Secret;

/// Fewest bytes in a password that is set.
pub const MIN_PASSWORD_BYTES: usize = 8;

/// Most bytes in a password.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Memory of one hash in KiB, passes over it, lanes: OWASP's first choice for argon2id where memory is dear.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// What the passwords of unknown users are compared with: of the same cost, and of no password that anybody knows.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50IQ$8vnHXYPIEjRWYbVfh2GhaGzhMSR0ZTcS1u8nSu1hpAo";

/// Why a password could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// It is too short or too long.
    #[error("a password has {MIN_PASSWORD_BYTES} to {MAX_PASSWORD_BYTES} bytes, choose another")]
    Length,
    /// The system gives no random bytes for a salt, or not the memory.
    #[error("the system gives no random bytes, or not enough memory, to keep a password; try again later")]
    System,
}

/// Whether a password may be set.
pub(super) fn check(password: &Secret) -> Result<(), HashError> {
    let is_fine = (MIN_PASSWORD_BYTES..=MAX_PASSWORD_BYTES).contains(&password.expose().len());
    is_fine.then_some(()).ok_or(HashError::Length)
}

/// Hashes a password with a salt of its own, as an account keeps it.
///
/// It takes 19 MiB and some 30 milliseconds of a processor: not for a task of a runtime. A server hashes one at a time.
///
/// ```
/// let hash = chat_net::auth::hash(&"correct horse".into())?;
/// assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// # Ok::<(), chat_net::auth::HashError>(())
/// ```
///
/// # Errors
/// A password that is too short or too long, and a system without random bytes or memory.
pub fn hash(password: &Secret) -> Result<PasswordHash, HashError> {
    check(password)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| HashError::System)?;
    let hash = argon2().hash_password_customized(
        password.expose().as_bytes(),
        &salt,
        Some(Algorithm::Argon2id.as_str()),
        Some(Version::V0x13.into()),
        params(),
    );
    hash.map(|hash| PasswordHash(hash.to_string().into())).map_err(|_| HashError::System)
}

/// Whether it is the password of that hash. Without a hash it is not, and that takes as long to say.
pub(super) fn verify(password: &Secret, hash: Option<&PasswordHash>) -> bool {
    let Ok(parsed) = phc::PasswordHash::new(hash.map_or(NOBODYS, |hash| &hash.0)) else {
        tracing::error!("the hash of an account's password cannot be read; set a new password for it");
        return verify(password, None);
    };
    let is_equal = argon2().verify_password(password.expose().as_bytes(), &parsed).is_ok();
    is_equal && hash.is_some()
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn params() -> Params {
    let (memory, passes, lanes) = COST;
    Params::new(memory, passes, lanes, None).expect("the cost is within argon2's bounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let (first, second) =
            (hash(&"correct horse".into()).unwrap(), hash(&"correct horse".into()).unwrap());
        assert!(
            first.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && first != second,
            "a salt of its own"
        );
        assert!(verify(&"correct horse".into(), Some(&first)));
        assert!(!verify(&"correct house".into(), Some(&first)));
        assert!(!verify(&"correct horse".into(), None));
        assert!(!verify(&"correct horse".into(), Some(&PasswordHash("$argon2id$broken".into()))));
    }

    #[test]
    fn what_unknown_users_are_compared_with_costs_as_much_as_a_password() {
        let cost = |hash: &str| {
            let hash = phc::PasswordHash::new(hash).unwrap();
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), hash.hash.unwrap().len())
        };
        assert_eq!(cost(NOBODYS), cost(&hash(&"correct horse".into()).unwrap().0));
    }

    #[test]
    fn passwords_have_a_shortest_and_a_longest() {
        let of = |bytes: usize| hash(&"x".repeat(bytes).into()).map(drop);
        assert_eq!((of(7), of(1025)), (Err(HashError::Length), Err(HashError::Length)));
        assert_eq!((of(8), of(1024)), (Ok(()), Ok(())));
    }
}
