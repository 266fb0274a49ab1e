//! Examples of the library; each is run by a test.
