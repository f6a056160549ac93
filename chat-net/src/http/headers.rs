//! Headers that are lists.

use axum::http::{HeaderMap, header};

/// The members of all headers of that name (RFC 9110 section 5.6.1).
pub(super) fn members(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|member| !member.is_empty())
}
