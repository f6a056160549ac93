//! Who needs an account.

/// Who needs an account to come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// There are none: everyone takes a free name.
    #[default]
    Off,
    /// Names of accounts need a login; every other name is free.
    Optional,
    /// Only accounts come in.
    Required,
}

#[cfg(feature = "web")]
impl Accounts {
    /// As it is told.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Accounts::Off => "off",
            Accounts::Optional => "optional",
            Accounts::Required => "required",
        }
    }
}
