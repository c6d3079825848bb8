package io.tapwright.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.tapwright.testkit.lab.AgentProcess;
import io.tapwright.testkit.lab.Await;
import io.tapwright.testkit.lab.Command.Result;
import io.tapwright.testkit.lab.Guest;
import io.tapwright.testkit.lab.Lab;
import io.tapwright.testkit.lab.Nic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever is sent to the hook's socket, the answer says what is wrong with it and the agent goes on. */
class HookInputE2E {

    private static Lab lab;
    private static AgentProcess agent;

    @BeforeAll
    static void up() {
        lab = Labs.up(true);
        agent = lab.startAgent(Labs.THREE_NETWORKS);
    }

    @AfterAll
    static void down() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void malformedXmlIsRefused() {
        assertRefused("<domain><name>x</na", "400");
        assertRefused("", "400");
        assertRefused("not xml at all", "400");
        assertRefused("<other/>", "400");
        assertRefused("<domain><name>x</name></domain>", "400");
        assertRefused("<domain><name>x</name><uuid>nonsense</uuid></domain>", "400");
    }

    @Test
    void tenMebibytesAreRefused() {
        assertRefused("<domain>" + "<x/>".repeat(10 * 1024 * 1024 / 4) + "</domain>", "413");
    }

    @Test
    void deepNestingIsRefused() {
        assertRefused("<a>".repeat(200_000), "400");
    }

    @Test
    void externalEntitiesAreNotRead() {
        String secret = lab.write("secret", "the-secret").toString();
        String answer = assertRefused("<!DOCTYPE d [<!ENTITY x SYSTEM 'file://" + secret + "'>]><domain><name>&x;</name></domain>", "400");
        assertThat(answer).doesNotContain("the-secret");
    }

    @Test
    void entityBombsAreRefused() {
        StringBuilder bomb = new StringBuilder("<!DOCTYPE d [<!ENTITY a0 'lol'>");
        for (int i = 1; i < 20; i++) {
            bomb.append("<!ENTITY a").append(i).append(" '").append(("&a" + (i - 1) + ";").repeat(10)).append("'>");
        }
        assertRefused(bomb + "]><domain><name>&a19;</name></domain>", "400");
    }

    @Test
    void unknownOperationsAndPathsAreRefused() {
        assertThat(post("/v1/qemu?domain=x&operation=explode",
                "<domain><name>x</name><uuid>6a4d2b9e-0000-4000-8000-000000000001</uuid></domain>").out()).endsWith("400");
        assertThat(post("/v1/nothing?domain=x&operation=prepare", "<domain/>").out()).endsWith("404");
        assertThat(post("/v1/qemu", "<domain/>").out()).endsWith("400");
    }

    @Test
    void theSocketIsForRootAlone() {
        assertThat(lab.sh("stat -c '%a %U' /run/tapwright/hook.sock").strip()).isEqualTo("600 root");
    }

    private static String assertRefused(String body, String status) {
        TreeSet<String> before = lab.links();
        Result answer = post("/v1/qemu?domain=x&operation=prepare", body);
        assertThat(answer.out()).endsWith(status);
        assertThat(answer.out().length()).as("a reason").isGreaterThan(10).isLessThan(1000);
        assertThat(agent.isAlive()).isTrue();
        assertThat(lab.links()).isEqualTo(before);
        Guest guest = lab.guest("after").nic(Nic.of("52:54:00:03:01:01", "after0", ""));
        guest.create().orThrow();
        agent.awaitNic("52:54:00:03:01:01", "wired");
        guest.destroy().orThrow();
        Await.until("its tap is gone", Duration.ofSeconds(10), lab::links, before::equals);
        return answer.out();
    }

    private static Result post(String path, String body) {
        return lab.runWithInput(body.getBytes(StandardCharsets.UTF_8), "curl", "-s", "--max-time", "10", "--unix-socket",
                "/run/tapwright/hook.sock", "-H", "Expect:", "--data-binary", "@-", "-w", "%{http_code}", "http://tapwright" + path);
    }
}
