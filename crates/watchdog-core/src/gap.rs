//! Noticing that time was not what it seemed: suspended processes, paused machines, jumping clocks.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::clock::{Timestamp, Uptime};
use std::fmt;
use std::time::Duration;

/// Compares the two clocks at a steady tick. Pure: time comes in.
///
/// Source: safety model, section 6.3.
#[derive(Clone, Copy, Debug, Default)]
pub struct GapDetector {
    before: Option<(Uptime, Timestamp)>,
}

/// Time was not what it seemed: what was seen before must not be judged together with what comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClockAnomaly {
    /// The process or the machine stood still for this long.
    Gap(Duration),
    /// The wall clock moved against the boot clock by this much, in either direction.
    Jump(Duration),
}

impl GapDetector {
    /// Time between two ticks.
    pub const TICK: Duration = Duration::from_millis(200);
    /// Longer than this between two ticks is a gap.
    pub const GAP: Duration = Duration::from_secs(2);
    /// More than this between the two clocks' progress is a jump.
    pub const JUMP: Duration = Duration::from_millis(500);

    /// Takes one look at both clocks.
    pub fn tick(&mut self, up: Uptime, wall: Timestamp) -> Option<ClockAnomaly> {
        let (up_before, wall_before) = self.before.replace((up, wall))?;
        let passed = up.since(up_before);
        let expected = wall_before.after(passed);
        let jump = wall.distance(expected);
        match () {
            () if passed > Self::GAP => Some(ClockAnomaly::Gap(passed)),
            () if jump > Self::JUMP => Some(ClockAnomaly::Jump(jump)),
            () => None,
        }
    }
}

impl fmt::Display for ClockAnomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(time) => write!(f, "the process or the machine stood still for {:.1} s", time.as_secs_f64()),
            Self::Jump(time) => write!(f, "the wall clock jumped by {:.1} s", time.as_secs_f64()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(looks: &[(u64, u64)]) -> Vec<Option<ClockAnomaly>> {
        let mut detector = GapDetector::default();
        let look = |(up, wall): &(u64, u64)| detector.tick(Uptime(Duration::from_millis(*up)), Timestamp(*wall));
        looks.iter().map(look).collect()
    }

    #[test]
    fn steady_ticks_are_no_anomaly() {
        assert_eq!(ticks(&[(0, 1000), (200, 1200), (2200, 3199), (2400, 3700)]), [None; 4]);
    }

    #[test]
    fn ten_minutes_without_a_tick_are_a_gap() {
        assert_eq!(
            ticks(&[(0, 0), (600_000, 600_000), (600_200, 600_200)]),
            [None, Some(ClockAnomaly::Gap(Duration::from_mins(10))), None]
        );
    }

    #[test]
    fn a_wall_clock_that_moves_by_itself_is_a_jump_in_both_directions() {
        let hour = 3_600_000;
        assert_eq!(
            ticks(&[(0, hour), (200, 2 * hour + 200)]),
            [None, Some(ClockAnomaly::Jump(Duration::from_hours(1)))]
        );
        assert_eq!(ticks(&[(0, hour), (200, 200)]), [None, Some(ClockAnomaly::Jump(Duration::from_hours(1)))]);
    }
}
