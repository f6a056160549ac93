//! How passwords are kept: argon2id, as a string in PHC form that holds its salt and its cost.

use argon2::password_hash::phc::{self, ParamsString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
pub(crate) fn check(password: &Secret) -> Result<(), HashError> {
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
    hash_in(password, &mut Memory::default())
}

/// What a hash is made in: 19 MiB. Whoever makes one after the other keeps it, so that it is not asked of the system, cleared and
/// given back each time, or kept by the allocator for every thread that ever made one.
#[derive(Default)]
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// How often a hash was begun in it.
    #[cfg(test)]
    pub(super) hashed: u32,
}

impl Memory {
    /// So much as these parameters need. What an earlier hash left there does no harm: the first pass writes over it.
    fn of(&mut self, params: &Params) -> Result<&mut [Block], HashError> {
        let count = params.block_count();
        if let Some(missing) = count.checked_sub(self.blocks.len()) {
            self.blocks.try_reserve_exact(missing).map_err(|_| HashError::System)?;
            self.blocks.resize(count, Block::default());
        }
        #[cfg(test)]
        {
            self.hashed += 1;
        }
        self.blocks.get_mut(..count).ok_or(HashError::System)
    }

    /// Gives back what is more than the server's own hashes need.
    fn trim(&mut self) {
        self.blocks.truncate(params().block_count());
        self.blocks.shrink_to_fit();
    }
}

/// [`hash()`], in memory that is kept.
pub(super) fn hash_in(password: &Secret, memory: &mut Memory) -> Result<PasswordHash, HashError> {
    check(password)?;
    let (mut salt, params) = ([0; 16], params());
    getrandom::fill(&mut salt).map_err(|_| HashError::System)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let made = argon2.hash_password_into_with_memory(
        password.expose().as_bytes(),
        &salt,
        &mut output,
        memory.of(&params)?,
    );
    made.map_err(|_| HashError::System)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| HashError::System)?,
        salt: Some(phc::Salt::new(&salt).map_err(|_| HashError::System)?),
        hash: Some(phc::Output::new(&output).map_err(|_| HashError::System)?),
    };
    Ok(PasswordHash(hash.to_string().into()))
}

/// Whether it is the password of that hash. Without a hash it is not, and that takes as long to say.
pub(super) fn verify(password: &Secret, hash: Option<&PasswordHash>, memory: &mut Memory) -> bool {
    let Some(is_equal) = compare(password, hash.map_or(NOBODYS, |hash| &hash.0), memory) else {
        tracing::error!("the hash of an account's password cannot be used; set a new password for it");
        return hash.is_some() && verify(password, None, memory);
    };
    is_equal && hash.is_some()
}

/// Whether it is the password of a hash that was made at any cost; none if that is no hash of argon2.
fn compare(password: &Secret, hash: &str, memory: &mut Memory) -> Option<bool> {
    let kept = phc::PasswordHash::new(hash).ok()?;
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).ok()?;
    let version = kept.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(&kept).ok()?;
    let (salt, expected) = (kept.salt?, kept.hash?);
    let mut output = [0; phc::Output::MAX_LENGTH];
    let output = output.get_mut(..expected.len())?;
    let argon2 = Argon2::new(algorithm, version, params.clone());
    argon2
        .hash_password_into_with_memory(password.expose().as_bytes(), &salt, output, memory.of(&params).ok()?)
        .ok()?;
    memory.trim();
    // In constant time.
    Some(phc::Output::new(output).ok()? == expected)
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
        let memory = &mut Memory::default();
        let (first, second) =
            (hash(&"correct horse".into()).unwrap(), hash_in(&"correct horse".into(), memory).unwrap());
        assert!(
            first.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && first != second,
            "a salt of its own"
        );
        for hash in [&first, &second] {
            assert!(verify(&"correct horse".into(), Some(hash), memory));
            assert!(!verify(&"correct house".into(), Some(hash), memory));
        }
        assert!(!verify(&"correct horse".into(), None, memory));
        for broken in ["$argon2id$broken", "", "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50IQ"] {
            assert!(!verify(&"correct horse".into(), Some(&PasswordHash(broken.into())), memory));
        }
    }

    #[test]
    fn a_hash_of_another_cost_is_known_and_its_memory_given_back() {
        // By the reference implementation: argon2 -id -t 2 -m 16 -p 1 -l 24, "password", "somesalt".
        let theirs = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let memory = &mut Memory::default();
        assert!(verify(&"password".into(), Some(&PasswordHash(theirs.into())), memory));
        assert!(!verify(&"passwort".into(), Some(&PasswordHash(theirs.into())), memory));
        assert_eq!(memory.blocks.capacity(), params().block_count());
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
