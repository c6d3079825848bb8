/**
 * The switch in user space as the rest of Tapwright sees it: {@link io.tapwright.model.userspace.DesiredSwitch} is what it
 * is to have, {@link io.tapwright.model.userspace.SwitchState} what it has,
 * {@link io.tapwright.model.userspace.UserspaceSwitch} the port to it. Records are immutable.
 */
package io.tapwright.model.userspace;
