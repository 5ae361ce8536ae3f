//! Matching of an incoming order against the book.
