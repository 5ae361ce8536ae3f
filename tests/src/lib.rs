//! Whole-program tests against the built bytecode. They lie in `tests/`, one file per theme; the
//! scenario language that they are written in is `bulwark_svm::world`.
