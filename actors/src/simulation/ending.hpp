#pragma once

namespace fsm::simulated {

class world;

/// The end of a run: all faults stop, time passes, and everything has to come to rest.
void come_to_rest(world& w);

}  // namespace fsm::simulated
