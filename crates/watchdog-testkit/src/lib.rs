//! watchdog-testkit
