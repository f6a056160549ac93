//! What the full screen of `join` takes on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What else there is to know.
pub(crate) const SCREEN_MORE: &str = "\
Logs and alerts are the full screen's: what --plain and --json print can be piped into a file. A log is a file for each room
and whisper, in a folder for each server, for nobody else to read: 2026-11-22T15:05:09Z <bob> hello. It begins when you
come; what was missed while the connection was away is in it, older pages are not. By default it is in
$XDG_STATE_HOME/chat/logs, else ~/.local/state/chat/logs. Alerts are of what you do not look at: a message with your name in
it, a whisper, a file for you; one a second at most. A notification is shown by the terminal, if it can (in tmux:
set -g allow-passthrough on), or by a command of your own in the settings file:

  [join]
  theme = \"16\"
  log = true                                   # or a folder
  bell = true
  notify_command = [\"notify-send\", \"{title}\", \"{text}\"]";

/// How the full screen looks, and what it does beside, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ScreenArgs {
    /// Which colours the full screen has [default: auto]
    #[arg(long, env = "CHAT_THEME", value_name = "THEME")]
    pub(crate) theme: Option<ThemeWhich>,
    /// Use the mouse: its wheel scrolls, and a click goes to a window; to select text, hold Shift [default: false]
    #[arg(long, env = "CHAT_MOUSE", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) mouse: Option<bool>,
    /// Log what is said, in your folder for what programs keep [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) log: Option<bool>,
    /// Log what is said, in this folder; made if missing [default: no log]
    #[arg(long, env = "CHAT_LOG_DIR", value_name = "DIR")]
    pub(crate) log_dir: Option<PathBuf>,
    /// Ring the terminal's bell for what names you, or is for you alone, and is not seen [default: false]
    #[arg(long, env = "CHAT_BELL", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) bell: Option<bool>,
    /// Show that on the desktop, by the terminal or by notify_command of the settings file [default: false]
    #[arg(long, env = "CHAT_NOTIFY", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) notify: Option<bool>,
}

/// Which colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
pub(crate) enum ThemeWhich {
    /// As --color says, and as many as the terminal says that it has
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// None: what stands out is bold, faint or reversed
    #[serde(rename = "none")]
    None,
    /// The terminal's own sixteen; NO_COLOR does not turn them off
    #[value(name = "16")]
    #[serde(rename = "16")]
    Sixteen,
    /// 256; NO_COLOR does not turn them off
    #[value(name = "256")]
    #[serde(rename = "256")]
    Many,
}
