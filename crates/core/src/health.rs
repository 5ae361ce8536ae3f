//! Health of an account at three levels.
