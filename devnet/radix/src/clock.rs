//! The one place that reads the wall clock.
//!
//! A network has a proposer time that clients compare with their own clock, so the devnet runs on real time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC.
#[allow(clippy::disallowed_methods, reason = "the devnet is a stand-in for the outside world and has its own clock")]
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok())
        .unwrap_or_default()
}

/// Waits for `millis` milliseconds.
#[allow(clippy::disallowed_methods, reason = "the devnet is a stand-in for the outside world and has its own clock")]
pub async fn wait_ms(millis: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
}

/// `2025-06-01T12:01:30.417Z`, always three fraction digits, as the Core API writes instants.
pub fn instant_text(ms: i64) -> String {
    let (seconds, millis) = (ms.div_euclid(1000), ms.rem_euclid(1000));
    format!("{}.{millis:03}Z", seconds_text(seconds))
}

/// Like [`instant_text`] but without trailing zeros in the fraction, as the Gateway API writes them.
pub fn trimmed_text(ms: i64) -> String {
    let (seconds, millis) = (ms.div_euclid(1000), ms.rem_euclid(1000));
    if millis == 0 {
        return format!("{}Z", seconds_text(seconds));
    }
    let fraction = format!("{millis:03}");
    format!("{}.{}Z", seconds_text(seconds), fraction.trim_end_matches('0'))
}

/// Milliseconds of an ISO 8601 UTC instant (`…T…Z`, up to 9 fraction digits). `None` for anything else.
pub fn parse_instant(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis: i64 = digits.parse().ok()?;
    Some((days_of_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000 + millis)
}

fn seconds_text(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_of_days(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
fn days_of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_and_read_back() {
        assert_eq!(instant_text(1_748_779_260_417), "2025-06-01T12:01:00.417Z");
        assert_eq!(trimmed_text(1_748_779_260_400), "2025-06-01T12:01:00.4Z");
        assert_eq!(trimmed_text(1_748_779_260_000), "2025-06-01T12:01:00Z");
        for ms in [0, 951_782_400_000, 951_868_799_999, 4_107_542_399_001] {
            assert_eq!(parse_instant(&instant_text(ms)), Some(ms));
            assert_eq!(parse_instant(&trimmed_text(ms)), Some(ms));
        }
    }
}
