//! Layers around a store; each is a store itself and passes the same conformance suite.
