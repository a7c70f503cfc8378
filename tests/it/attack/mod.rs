//! Attacks on the served program, bounded and on the loopback only: what is sent to hurt costs its sender, nobody else.

mod bodies;
mod operation;
mod outputs;
mod raw;
mod strangers;
mod streams;
