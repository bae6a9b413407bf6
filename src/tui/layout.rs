//! Where everything stands in a window of a given size.

use ratatui::layout::Rect;

use super::pane::Pane;

/// The smallest window that anything can be read in.
pub(crate) const SMALLEST: (u16, u16) = (60, 15);
/// Below this one pane is shown at a time.
const SINGLE_BELOW: (u16, u16) = (100, 20);
/// From this width on the plan has a column of its own.
const THREE_COLUMNS: u16 = 160;
/// Columns of the plan then, and of the tenants at least.
const SIDES: u16 = 42;
/// Columns that the tenants get at most beyond that: two of three that a wider window has.
const MORE: u16 = 48;

/// The parts of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// One pane at a time: the others are named as tabs.
    pub(crate) single: bool,
    pub(crate) header: Rect,
    pub(crate) crumbs: Rect,
    pub(crate) footer: Rect,
    /// Panes that are drawn.
    pub(crate) panes: Vec<(Pane, Rect)>,
    /// Area that dialogs may cover.
    pub(crate) body: Rect,
}

/// The parts of a window with so many lines free above the footer; `None` when the window is too small.
pub(crate) fn layout(area: Rect, focus: Pane, zoomed: bool, free: u16) -> Option<Layout> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return None;
    }
    let line = |y: u16| Rect { y, height: 1, ..area };
    let body = Rect { y: area.y + 2, height: (area.height - 3).saturating_sub(free), ..area };
    let single = area.width < SINGLE_BELOW.0 || area.height < SINGLE_BELOW.1;
    let panes = if single || zoomed { vec![(focus, body)] } else { columns(body, focus) };
    Some(Layout {
        single,
        header: line(area.y),
        crumbs: line(area.y + 1),
        footer: line(area.bottom() - 1),
        panes,
        body,
    })
}

fn columns(body: Rect, focus: Pane) -> Vec<(Pane, Rect)> {
    let log = (body.height / 4).clamp(5, 12);
    let upper = Rect { height: body.height - log, ..body };
    let three = body.width >= THREE_COLUMNS;
    let wide = || SIDES + ((body.width - THREE_COLUMNS) * 2 / 3).min(MORE);
    let left = Rect { width: if three { wide() } else { upper.width * 3 / 8 }, ..upper };
    let rest = Rect { x: left.right(), width: upper.width - left.width, ..upper };
    let lower = Rect { y: upper.bottom(), height: log, ..body };
    let mut panes = vec![(Pane::Tenants, left)];
    if three {
        // A plan that is worked on has as much room as where it lies over the centre.
        let width = if focus == Pane::Plan { (rest.width * 3 / 5).max(SIDES) } else { SIDES };
        let plan = Rect { x: rest.right() - width, width, ..rest };
        panes.push((Pane::History, Rect { width: rest.width - width, ..rest }));
        panes.push((Pane::Plan, plan));
    } else {
        // There is no room for a third column: the plan lies over the centre while it has the keys.
        panes.push((if focus == Pane::Plan { Pane::Plan } else { Pane::History }, rest));
    }
    panes.push((Pane::Log, lower));
    panes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(width: u16, height: u16, focus: Pane, zoomed: bool) -> Option<Vec<Pane>> {
        layout(Rect::new(0, 0, width, height), focus, zoomed, 0).map(|l| l.panes.iter().map(|(p, _)| *p).collect())
    }

    #[test]
    fn small_windows_show_one_pane_and_tiny_ones_none() {
        assert_eq!(panes(59, 24, Pane::Log, false), None);
        assert_eq!(panes(80, 14, Pane::Log, false), None);
        assert_eq!(panes(80, 24, Pane::Log, false), Some(vec![Pane::Log]));
        assert_eq!(panes(120, 40, Pane::Log, false), Some(vec![Pane::Tenants, Pane::History, Pane::Log]));
        assert_eq!(panes(120, 40, Pane::Plan, false), Some(vec![Pane::Tenants, Pane::Plan, Pane::Log]));
        assert_eq!(panes(180, 40, Pane::Log, false), Some(Pane::ALL.to_vec()));
        assert_eq!(panes(180, 40, Pane::History, true), Some(vec![Pane::History]));
    }

    #[test]
    fn wide_windows_give_room_to_the_list_and_to_a_plan_that_is_worked_on() {
        let width = |window: u16, focus: Pane, of: Pane| {
            let layout = layout(Rect::new(0, 0, window, 60), focus, false, 0).unwrap();
            layout.panes.iter().find(|(pane, _)| *pane == of).unwrap().1.width
        };
        assert_eq!([160, 200, 400].map(|window| width(window, Pane::Tenants, Pane::Tenants)), [42, 68, 90]);
        assert_eq!(width(200, Pane::Tenants, Pane::Plan), 42);
        assert!(width(200, Pane::Plan, Pane::Plan) > width(120, Pane::Plan, Pane::Plan));
    }

    #[test]
    fn the_parts_fill_the_window_without_overlap() {
        for (width, height) in [(60, 15), (100, 20), (120, 40), (160, 25), (400, 200), (60, 300)] {
            for focus in Pane::ALL {
                let l = layout(Rect::new(0, 0, width, height), focus, false, 0).unwrap();
                let mut parts: Vec<Rect> = l.panes.iter().map(|(_, r)| *r).collect();
                parts.extend([l.header, l.crumbs, l.footer]);
                assert_eq!(parts.iter().map(|r| r.area()).sum::<u32>(), u32::from(width) * u32::from(height));
                let with_room = layout(Rect::new(0, 0, width, height), focus, false, 2).unwrap();
                assert_eq!(with_room.body.bottom() + 2, with_room.footer.y, "{width}x{height} {focus:?}");
                for (i, a) in parts.iter().enumerate() {
                    assert!(parts[i + 1..].iter().all(|b| !a.intersects(*b)), "{width}x{height} {focus:?}");
                }
            }
        }
    }
}
