import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.graphdb.ExecutionPlanDescription;
import org.neo4j.graphdb.GraphDatabaseService;
import org.neo4j.io.ByteUnit;

/**
 * A private Neo4j for the tests: Bolt on the loopback address, no authentication, and a small HTTP door that
 * explains statements, because the Rust driver hands out no plans.
 *
 * <p>Usage: {@code TestNeo4j DATA_DIR BOLT_PORT EXPLAIN_PORT}. {@code GET /ready} answers once Bolt is open;
 * {@code POST /explain} (body: one Cypher statement, never executed) answers one operator a line, children indented;
 * {@code POST /wipe} empties the database.
 */
public final class TestNeo4j {
    private static final String LOOPBACK = "127.0.0.1";

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("usage: TestNeo4j DATA_DIR BOLT_PORT EXPLAIN_PORT");
            System.exit(2);
        }
        DatabaseManagementService service = start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        serve(service.database("neo4j"), Integer.parseInt(arguments[2]));
        System.out.println("ready: bolt " + arguments[1] + ", explain " + arguments[2]);
        Thread.currentThread().join();
    }

    private static DatabaseManagementService start(Path directory, int boltPort) {
        SocketAddress bolt = new SocketAddress(LOOPBACK, boltPort);
        return new DatabaseManagementServiceBuilder(directory)
                .setConfig(BoltConnector.enabled, true)
                .setConfig(BoltConnector.listen_address, bolt)
                .setConfig(BoltConnector.advertised_address, bolt)
                .setConfig(GraphDatabaseSettings.auth_enabled, false)
                .setConfig(GraphDatabaseSettings.pagecache_memory, ByteUnit.mebiBytes(128))
                .setConfig(GraphDatabaseSettings.logical_log_rotation_threshold, ByteUnit.mebiBytes(16))
                // The limits an operator is told to set: nothing in the service may depend on their absence.
                .setConfig(GraphDatabaseSettings.transaction_timeout, Duration.ofSeconds(60))
                .setConfig(GraphDatabaseSettings.lock_acquisition_timeout, Duration.ofSeconds(5))
                .build();
    }

    private static void serve(GraphDatabaseService database, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(LOOPBACK), port), 0);
        server.setExecutor(Executors.newFixedThreadPool(2, task -> {
            Thread thread = new Thread(task, "explain");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/ready", exchange -> answer(exchange, 200, "ready\n"));
        server.createContext("/explain", exchange -> explain(database, exchange));
        server.createContext("/wipe", exchange -> wipe(database, exchange));
        server.start();
    }

    private static void explain(GraphDatabaseService database, HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, "POST one Cypher statement\n");
            return;
        }
        String statement = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        try (var transaction = database.beginTx(); var result = transaction.execute("EXPLAIN " + statement)) {
            StringBuilder text = new StringBuilder();
            print(result.getExecutionPlanDescription(), 0, text);
            for (var status : result.getGqlStatusObjects()) {
                // 00…: success. 01N60: a parameter without a value, the normal case here. The rest is worth a look.
                if (status.gqlStatus().startsWith("00") || status.gqlStatus().equals("01N60")) {
                    continue;
                }
                text.append("! ").append(status.gqlStatus()).append(": ")
                        .append(oneLine(status.statusDescription())).append('\n');
            }
            answer(exchange, 200, text.toString());
        } catch (RuntimeException refused) {
            answer(exchange, 400, refused.getMessage() + "\n");
        }
    }

    /** Community edition has one database, so tests empty it between them. Constraints and indexes stay. */
    private static void wipe(GraphDatabaseService database, HttpExchange exchange) throws IOException {
        try {
            database.executeTransactionally(
                    "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS");
            answer(exchange, 200, "empty\n");
        } catch (RuntimeException refused) {
            answer(exchange, 500, refused.getMessage() + "\n");
        }
    }

    private static void print(ExecutionPlanDescription plan, int depth, StringBuilder text) {
        text.append("  ".repeat(depth)).append(plan.getName());
        Object details = plan.getArguments().get("Details");
        if (details != null && !details.toString().isBlank()) {
            text.append(" | ").append(oneLine(details.toString()));
        }
        text.append('\n');
        for (ExecutionPlanDescription child : plan.getChildren()) {
            print(child, depth + 1, text);
        }
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        try (var body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }
}
