//! A validator that is up and down by turns.
use std::time::Duration;

/// How restless the verdict has been over the last 20 evaluations.
///
/// ```text
/// score = Σ weight(i) · changed(i) / 20,  i = 0 (oldest) … 19 (newest),  weight(i) = 0.8 + 0.02 · i
/// ```
///
/// `changed(i)`: how often the verdict changed in that evaluation against the one before. Flapping begins above 30 %
/// and ends below 25 %. The evaluations in between that changed nothing are in no journal; a change
/// is as many evaluations old as whole periods have passed since. Time that is not known to have
/// passed keeps a change young, so that doubt holds back and never lets go.
///
/// Source: safety model, section 10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flapping {
    score: u64,
    /// Whether automatic action is held back.
    pub is_flapping: bool,
}

impl Flapping {
    /// Evaluations that are looked at.
    pub const EVALUATIONS: u64 = 20;
    /// Flapping begins above this score.
    pub const ENTER_PERCENT: f64 = 30.0;
    /// It ends below this score.
    pub const LEAVE_PERCENT: f64 = 25.0;
    /// The same two, in hundredths of a weight.
    const ENTER: u64 = 600;
    const LEAVE: u64 = 500;

    /// The score at `now` of a verdict that changed at `changes`, oldest first, and is judged once a
    /// `period`; all times by one clock.
    pub fn of(changes: &[Duration], period: Duration, now: Duration) -> Self {
        let mut is_flapping = false;
        for (index, at) in changes.iter().enumerate() {
            let (before, with) = (changes.get(..index), changes.get(..=index));
            // Between two changes the score only falls: it is lowest just before the next one.
            is_flapping &= score(before.unwrap_or_default(), period, *at) >= Self::LEAVE;
            is_flapping |= score(with.unwrap_or_default(), period, *at) > Self::ENTER;
        }
        let score = score(changes, period, now);
        Self { score, is_flapping: is_flapping && score >= Self::LEAVE }
    }

    /// The score, in per cent.
    #[allow(clippy::cast_precision_loss, reason = "at most a few thousand")]
    pub fn percent(&self) -> f64 {
        self.score as f64 / Self::EVALUATIONS as f64
    }
}

/// Sum of the weights in hundredths.
fn score(changes: &[Duration], period: Duration, now: Duration) -> u64 {
    let weight = |at: &Duration| {
        let age = evaluations(now.saturating_sub(*at), period);
        let place = Flapping::EVALUATIONS.checked_sub(age.saturating_add(1))?;
        Some(place.saturating_mul(2).saturating_add(80))
    };
    changes.iter().filter_map(weight).fold(0, u64::saturating_add)
}

/// Whole periods in `time`.
fn evaluations(time: Duration, period: Duration) -> u64 {
    let period = period.as_nanos().max(1);
    time.as_nanos().checked_div(period).and_then(|whole| u64::try_from(whole).ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(5);

    /// Changes in these evaluations, judged in evaluation `now`.
    fn flapping(changes: &[u64], now: u64) -> Flapping {
        let at = |evaluation: &u64| PERIOD.saturating_mul(u32::try_from(*evaluation).unwrap());
        Flapping::of(&changes.iter().map(at).collect::<Vec<_>>(), PERIOD, at(&now))
    }

    fn percent(changes: &[u64], now: u64) -> f64 {
        flapping(changes, now).percent()
    }

    #[test]
    fn the_newest_change_weighs_most() {
        assert!((percent(&[100], 100) - 5.9).abs() < 1e-12, "1.18 / 20");
        assert!((percent(&[81], 100) - 4.0).abs() < 1e-12, "0.80 / 20");
        assert!(percent(&[80], 100).abs() < 1e-12);
        let all: Vec<_> = (81..=100).collect();
        assert!((percent(&all, 100) - 99.0).abs() < 1e-12, "19.8 / 20");
    }

    #[test]
    fn a_change_is_as_old_as_whole_periods_have_passed() {
        let score = |millis| Flapping::of(&[Duration::ZERO], PERIOD, Duration::from_millis(millis)).percent();
        assert!((score(4999) - 5.9).abs() < 1e-12 && (score(5000) - 5.8).abs() < 1e-12);
        assert!((score(99_999) - 4.0).abs() < 1e-12 && score(100_000).abs() < 1e-12);
    }

    #[test]
    fn five_changes_in_a_row_are_a_failure_and_six_are_flapping() {
        assert!(!flapping(&[1, 2, 3, 4, 5], 5).is_flapping, "28.5 %");
        assert!(flapping(&[1, 2, 3, 4, 5, 6], 6).is_flapping, "33.9 %");
    }

    #[test]
    fn exactly_thirty_per_cent_is_not_yet_flapping() {
        // 118 + 110 + 100 + 96 + 90 + 86 = 600 hundredths.
        let ages = [16_u64, 14, 11, 9, 4, 0];
        let at = |ages: &[u64]| -> Vec<u64> { ages.iter().map(|age| 100 - age).collect() };
        assert_eq!(flapping(&at(&ages), 100), Flapping { score: 600, is_flapping: false });
        assert_eq!(flapping(&at(&[16, 14, 11, 9, 3, 0]), 100), Flapping { score: 602, is_flapping: true });
    }

    #[test]
    fn flapping_lasts_until_the_score_is_below_a_quarter() {
        let changes: Vec<_> = (1..=6).collect();
        let calm = |now| flapping(&changes, now);
        let last = (6..40).take_while(|now| calm(*now).is_flapping).last().unwrap();
        assert!(calm(last).score >= 500 && calm(last + 1).score < 500, "{:?}", calm(last));
        assert_eq!((last, calm(last).score), (20, 510), "the last evaluation that still counts all six");
    }

    #[test]
    fn exactly_a_quarter_still_is_flapping() {
        let burst = [50; 6];
        assert_eq!(flapping(&burst, 67), Flapping { score: 504, is_flapping: true });
        assert_eq!(flapping(&burst, 68), Flapping { score: 492, is_flapping: false });
        let changes = [30, 30, 41, 41, 41, 41, 41];
        assert_eq!(flapping(&changes, 41), Flapping { score: 5 * 118 + 2 * 96, is_flapping: true });
        assert_eq!(flapping(&changes, 50), Flapping { score: 5 * 100, is_flapping: true });
        assert_eq!(flapping(&changes, 51), Flapping { score: 5 * 98, is_flapping: false });
    }

    #[test]
    fn what_ended_must_begin_anew() {
        let mut changes: Vec<_> = (1..=6).collect();
        changes.push(60);
        assert!(!flapping(&changes, 60).is_flapping);
        changes.extend([61, 62, 63, 64, 65]);
        assert!(flapping(&changes, 65).is_flapping);
    }

    #[test]
    fn it_ended_also_where_nobody_looked_in_between() {
        let changes = [1, 2, 3, 4, 5, 6, 100, 101, 102, 103, 104];
        assert!(!flapping(&changes, 104).is_flapping, "28.5 %, and it was 0 at 99");
    }

    #[test]
    fn a_period_of_nothing_is_no_division_by_nothing() {
        assert_eq!(Flapping::of(&[Duration::ZERO], Duration::ZERO, Duration::from_secs(1)).score, 0);
    }
}
