package io.tapwright.hostnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccountDatabaseTest {

    @Test
    void knowsRoot() {
        assertThat(AccountDatabase.uidOf("root")).hasValue(0);
        assertThat(AccountDatabase.gidOf("root")).hasValue(0);
    }

    @Test
    void saysThatThereIsNoSuchAccount() {
        assertThat(AccountDatabase.uidOf("no-such-user")).isEmpty();
        assertThat(AccountDatabase.gidOf("no-such-group")).isEmpty();
        assertThat(AccountDatabase.uidOf("")).isEmpty();
    }
}
