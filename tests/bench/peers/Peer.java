// SPDX-License-Identifier: Apache-2.0
// The rules of an alert in plain Java, with BigDecimal: a straightforward implementation. peers.py
// runs it; peer.py says how a peer is called.
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

public final class Peer {
  private static final int ROUNDS = 5;
  private static final long DAY = 86400;
  private static final int NOT_GIVEN = -1;

  enum Phase { OFF, ARMED, ALERTING, QUIET }

  enum Kind { NONE, FIRE, REMIND, STOP }

  enum Reason { NONE, RECOVERED, OVERDUE, COMPLETED, THRESHOLD_CHANGED, DISABLED }

  record Change(long at, long sequence, BigDecimal cash, BigDecimal limit, BigDecimal refunds, BigDecimal current, BigDecimal previous) {}

  record Output(int id, Kind kind, long episode, int reminder, int skipped, Reason reason, int remindersSent, long firedAt, long at,
                BigDecimal credit, BigDecimal threshold) {}

  static final class Alert {
    final int id;
    final BigDecimal threshold;
    final int count;
    final int timeOfDay;  // NOT_GIVEN: every 24 hours
    final int utcOffset;
    Phase phase;
    long episode;
    long firedAt;
    long fireDay;
    int lastReminder;
    int remindersSent;
    Reason stopReason;
    BigDecimal credit;  // null: never observed
    long sequence;      // 0: none yet

    Alert(String[] fields) {
      id = Integer.parseInt(fields[0]);
      threshold = new BigDecimal(fields[1]);
      count = Integer.parseInt(fields[2]);
      timeOfDay = (int) integer(fields[3], NOT_GIVEN);
      utcOffset = Integer.parseInt(fields[4]);
      phase = Phase.values()[Integer.parseInt(fields[5])];
      episode = Long.parseLong(fields[6]);
      firedAt = integer(fields[7], 0);
      fireDay = integer(fields[8], 0);
      lastReminder = Integer.parseInt(fields[9]);
      remindersSent = Integer.parseInt(fields[10]);
      stopReason = Reason.values()[(int) integer(fields[11], 0)];
      credit = fields[12].isEmpty() ? null : new BigDecimal(fields[12]);
      sequence = integer(fields[13], 0);
    }

    /** Adds the outputs for an observation to {@code outputs}; almost always none. */
    void observe(Change change, List<Output> outputs) {
      if (change.sequence != 0) {
        if (change.sequence <= sequence) return;
        sequence = change.sequence;
      }
      BigDecimal last = credit;
      credit = change.cash.add(change.limit).add(change.refunds).subtract(change.current).subtract(change.previous);
      switch (phase) {
        case OFF -> { }
        case ARMED -> {
          if (below() && (last == null || credit.compareTo(last) != 0)) fire(change.at, outputs);
        }
        case ALERTING -> {
          if (!below()) stop(change.at, Reason.RECOVERED, Phase.ARMED, outputs);
          else if (credit.signum() < 0) stop(change.at, Reason.OVERDUE, Phase.QUIET, outputs);
          else tick(change.at, outputs);
        }
        case QUIET -> {
          if (!below()) phase = Phase.ARMED;
        }
      }
    }

    void tick(long at, List<Output> outputs) {
      if (phase != Phase.ALERTING) return;
      long origin = timeOfDay == NOT_GIVEN ? firedAt : fireDay * DAY + (timeOfDay - utcOffset) * 60L;
      long k = Math.floorDiv(at - origin, DAY);
      if (k <= lastReminder) return;
      if (k > count) {
        stop(at, Reason.COMPLETED, Phase.QUIET, outputs);
        return;
      }
      int skipped = (int) k - lastReminder - 1;
      lastReminder = (int) k;
      ++remindersSent;
      outputs.add(output(Kind.REMIND, at, lastReminder, skipped, Reason.NONE));
      if (k == count) stop(at, Reason.COMPLETED, Phase.QUIET, outputs);
    }

    private boolean below() {
      return credit.compareTo(threshold) < 0;
    }

    private void fire(long at, List<Output> outputs) {
      ++episode;
      firedAt = at;
      fireDay = Math.floorDiv(at + utcOffset * 60L, DAY);
      lastReminder = 0;
      remindersSent = 0;
      stopReason = Reason.NONE;
      phase = Phase.ALERTING;
      outputs.add(output(Kind.FIRE, at, 0, 0, Reason.NONE));
      if (credit.signum() < 0) stop(at, Reason.OVERDUE, Phase.QUIET, outputs);
      else if (count == 0) stop(at, Reason.COMPLETED, Phase.QUIET, outputs);
    }

    private void stop(long at, Reason reason, Phase next, List<Output> outputs) {
      phase = next;
      stopReason = reason;
      outputs.add(output(Kind.STOP, at, 0, 0, reason));
    }

    private Output output(Kind kind, long at, int reminder, int skipped, Reason reason) {
      return new Output(id, kind, episode, reminder, skipped, reason, remindersSent, firedAt, at, credit, threshold);
    }
  }

  private static long integer(String field, long absent) {
    return field.isEmpty() ? absent : Long.parseLong(field);
  }

  private static String text(BigDecimal amount) {
    return amount == null ? "" : amount.stripTrailingZeros().toPlainString();
  }

  private final Path folder;
  private final int count;

  private Peer(Path folder, int count) {
    this.folder = folder;
    this.count = count;
  }

  private interface Take {
    void line(String[] fields);
  }

  private void read(String name, Take take) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(folder.resolve(name))) {
      for (int i = 0; i < count; ++i) {
        String line = reader.readLine();
        if (line == null) throw new IOException(name + " ends after " + i + " lines");
        take.line(line.split("\t", -1));
      }
    }
  }

  private List<Change> readChanges(int round) throws IOException {
    List<Change> changes = new ArrayList<>(count);
    read("round-" + round + ".tsv", f -> changes.add(new Change(Long.parseLong(f[1]), integer(f[2], 0), new BigDecimal(f[3]),
        new BigDecimal(f[4]), new BigDecimal(f[5]), new BigDecimal(f[6]), new BigDecimal(f[7]))));
    return changes;
  }

  /** The measured part. */
  private static void decide(List<Alert> alerts, List<Change> changes, List<Output> outputs) {
    for (int i = 0; i < alerts.size(); ++i) alerts.get(i).observe(changes.get(i), outputs);
  }

  private static void write(PrintWriter writer, int round, List<Output> outputs) {
    for (Output o : outputs) {
      writer.printf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", round, o.id, o.kind.ordinal(), o.episode, o.reminder, o.skipped,
          o.reason.ordinal(), o.remindersSent, o.firedAt, o.at, text(o.credit), text(o.threshold));
    }
  }

  private static void writeStates(PrintWriter writer, List<Alert> alerts) {
    for (Alert a : alerts) {
      boolean fired = a.episode > 0;
      writer.print(a.id + "\t" + a.phase.ordinal() + "\t" + a.episode + "\t" + a.lastReminder + "\t" + a.remindersSent + "\t"
          + (a.stopReason == Reason.NONE ? "" : a.stopReason.ordinal()) + "\t" + (fired ? a.firedAt : "") + "\t" + (fired ? a.fireDay : "")
          + "\t" + text(a.credit) + "\t" + (a.sequence > 0 ? a.sequence : "") + "\n");
    }
  }

  private String play(String answers) throws IOException {
    List<Alert> alerts = new ArrayList<>(count);
    read("alerts.tsv", fields -> alerts.add(new Alert(fields)));
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long wall = 0;
    long processor = 0;
    List<List<Output>> sent = new ArrayList<>();
    for (int round = 1; round <= ROUNDS; ++round) {
      List<Change> changes = readChanges(round);
      List<Output> outputs = new ArrayList<>();
      System.gc();  // so that garbage of the reading is not collected while the clock runs
      long used = system.getProcessCpuTime();
      long start = System.nanoTime();
      decide(alerts, changes, outputs);
      wall += System.nanoTime() - start;
      processor += system.getProcessCpuTime() - used;
      sent.add(outputs);
    }
    if (!answers.isEmpty()) {
      long at = Long.parseLong(Files.readString(folder.resolve("tick")).strip());
      List<Output> outputs = new ArrayList<>();
      for (Alert alert : alerts) alert.tick(at, outputs);
      sent.add(outputs);
      try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(Path.of(answers + ".outputs")))) {
        for (int i = 0; i < sent.size(); ++i) write(writer, i + 1, sent.get(i));
      }
      try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(Path.of(answers + ".states")))) {
        writeStates(writer, alerts);
      }
    }
    return String.format("%.9f %.9f", wall * 1e-9, processor * 1e-9);
  }

  public static void main(String[] arguments) throws IOException {
    Locale.setDefault(Locale.ROOT);
    Peer peer = new Peer(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    System.out.println(System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(peer.play(line.startsWith("answer ") ? line.substring("answer ".length()) : ""));
    }
  }
}
