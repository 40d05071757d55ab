//! What commands print: tables, templates, JSON, sizes, durations, times.
//!
//! Everything here turns data into text and is tested without an engine. The measure is Docker's
//! own output, byte by byte: its tables are Go's `text/tabwriter`, its templates `text/template`,
//! its sizes and durations `go-units`.

mod document;
mod functions;
mod human;
mod listing;
mod ports;
mod table;
mod template;
mod template_failure;
#[cfg(test)]
mod tests;
mod text;
mod time;

pub use document::Document;
pub use human::{binary_size, decimal_size, duration_ago, short_decimal_size};
pub use listing::{Format, Listing, Row, Shape};
pub use ports::{display_ports, join_host_port};
pub use table::{Columns, align};
pub use template::Template;
pub use template_failure::TemplateFailure;
pub use text::{ellipsis, join_labels, natural_order, quote, short_id};
pub use time::{ansi_c, fixed_nanos, go_time, local_seconds, rfc3339_local};
