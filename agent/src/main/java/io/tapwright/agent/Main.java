package io.tapwright.agent;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.tapwright.agent.config.ConfigurationException;
import jakarta.inject.Inject;
import java.io.IOException;
import org.jboss.logging.Logger;

/** Starts the agent and waits for SIGTERM; exits with 1 and one line for each mistake where it can't start. */
@QuarkusMain
public class Main implements QuarkusApplication {

    private static final Logger LOG = Logger.getLogger("tapwright");

    @Inject
    Agent agent;

    public static void main(String... args) {
        Quarkus.run(Main.class, args);
    }

    @Override
    public int run(String... args) {
        try {
            agent.start();
        } catch (ConfigurationException e) {
            e.mistakes().forEach(mistake -> LOG.error("configuration: " + mistake));
            return 1;
        } catch (IOException | RuntimeException e) {
            LOG.error("cannot start: " + e.getMessage(), e);
            return 1;
        }
        Quarkus.waitForExit();
        return 0;
    }
}
