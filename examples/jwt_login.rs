//! A chat whose users come with a JSON Web Token (RFC 7519) that somebody else issued, instead of a password: the name and
//! the rights of an operator are what the token says.
//!
//! Run it with `cargo run --bin jwt_login`: it lets one user in and turns one away. A real program has the issuer's
//! key from its settings, and takes the cryptography of jsonwebtoken's own features; the one below, over ring, is small.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use chat_net::auth::{Accounts, Authenticate, Denied, Identity, Proof};
use chat_net::{Client, Options, Server};
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use ring::hmac;
use serde::Deserialize;

const KEY: &[u8] = b"a secret that the issuer shares";

/// What the issuer made: `{"sub":"alice","role":"operator","exp":4102444800}`.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsInJvbGUiOiJvcGVyYXRvciIsImV4cCI6NDEw\
                     MjQ0NDgwMH0.EMrA2tL5LpVzlqq_GMoF7YqBOaSGeiG08Hdpmymb4c0";

#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: Option<String>,
}

struct Tokens(DecodingKey);

#[async_trait]
impl Authenticate for Tokens {
    async fn authenticate(&self, proof: Proof) -> Result<Identity, Denied> {
        // The algorithm is ours to say, never the token's; it must not have expired.
        let validation = Validation::new(Algorithm::HS256);
        let token =
            decode::<Claims>(proof.secret.expose(), &self.0, &validation).map_err(|_| Denied::Wrong)?;
        let is_operator = token.claims.role.as_deref() == Some("operator");
        Ok(Identity { name: token.claims.sub.into(), is_operator })
    }
}

/// HMAC with SHA-256.
struct Hs256(hmac::Key);

impl signature::Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        hmac::verify(&self.0, message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

static CRYPTO: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(hmac::Key::new(hmac::HMAC_SHA256, key.try_get_as_bytes()?)))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    CRYPTO.install_default().map_err(|_| "somebody chose the cryptography before")?;
    let tokens = Tokens(DecodingKey::from_secret(KEY));
    let builder = Server::builder().listen("127.0.0.1:0").accounts(Accounts::Required);
    let server = builder.authenticate(tokens).start().await?;
    let address = server.local_addrs()[0];

    // The name is what the token says, whatever was asked for.
    let (alice, _events) = Client::connect(address, Options::named("me").password(TOKEN)).await?;
    println!("in: {}", alice.user());
    let forged = TOKEN.replace(".EMrA", ".FMrA");
    match Client::connect(address, Options::named("me").password(forged)).await {
        Ok((client, _)) => return Err(format!("{} came in with a forged token", client.user()).into()),
        Err(error) => println!("not in: {error}"),
    }
    server.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}
