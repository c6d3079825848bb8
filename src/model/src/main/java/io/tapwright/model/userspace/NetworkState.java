package io.tapwright.model.userspace;

/**
 * What the switch knows of the addresses of one network.
 *
 * @param addresses how many it knows
 * @param moves     how often one was seen at another port than before; a loop shows here
 * @param refused   how often one was not learned for want of room, since a port has as many as it may, or the table is full
 */
public record NetworkState(String network, int addresses, long moves, long refused) {
}
