package io.tapwright.model.userspace;

/** Hears what the switch says. Called on the implementation's own thread, one call at a time; must return soon. */
public interface UserspaceSwitchListener {

    /**
     * The switch was reached. Comes before anything is asked of it on this connection, so that whoever does not know yet
     * all that is wanted can {@link UserspaceSwitch#apply} what the switch has with what is wanted besides.
     *
     * @param held what the switch was last told, by whomever; {@link DesiredSwitch#EMPTY} where it has just begun
     */
    void onConnected(DesiredSwitch held, SwitchState state);

    /** The switch's state is new. */
    void onState(SwitchState state);

    /**
     * The switch can't be reached, or not any more. Not repeated while the reason is the same.
     *
     * @param reason one line
     */
    void onLost(String reason);
}
