//! x
mod line; mod line_editor; mod render; mod talk;
