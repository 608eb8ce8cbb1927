// The definitions of a Boost library that is otherwise header-only.
#include <boost/json/src.hpp>
