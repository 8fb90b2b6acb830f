"""Converts messages with Apache Spark: a folder of messages in, a folder of NDJSON for each resource type out.

    spark-submit convert.py INPUT OUTPUT [--ooievaar PATH]

Each partition starts one `ooievaar stream`, which must be present on every machine, gives it its messages one by one and
takes the answers in the same order. OUTPUT/resources/type=<type> holds the resources, OUTPUT/quarantine the messages
that could not be converted: path, code and place of the error, no patient data.
"""

import argparse
import base64
import json
import subprocess
import threading

from pyspark.sql import Row, SparkSession
from pyspark.sql.types import LongType, StringType, StructField, StructType

RESOURCE = StructType([StructField("type", StringType()), StructField("value", StringType())])
FAILURE = StructType([
    StructField("path", StringType()), StructField("code", StringType()), StructField("line", LongType()),
    StructField("column", LongType()), StructField("message", StringType()),
])


def answers(command):
    """A function that turns a partition of (path, bytes) into (path, answer)."""

    def of_partition(messages):
        worker = subprocess.Popen([command, "stream"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def feed():
            with worker.stdin:
                for path, content in messages:
                    frame = {"id": path, "base64": base64.b64encode(bytes(content)).decode("ascii")}
                    worker.stdin.write(json.dumps(frame).encode("ascii") + b"\n")

        # In a thread of its own: the worker answers while it is being fed.
        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        for line in worker.stdout:
            answer = json.loads(line)
            yield answer["id"], answer
        feeder.join()
        if worker.wait() != 0:
            raise RuntimeError(f"{command} stream ended with {worker.returncode}")

    return of_partition


def resources(answer):
    for text in answer.get("resources", []):
        # The text itself is kept: Python would make 6.3 of 6.30.
        yield Row(type=json.loads(text)["resourceType"], value=text)


def failure(path, error):
    return Row(path=path, code=error["code"], line=error.get("line"), column=error.get("column"), message=error["message"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--ooievaar", default="ooievaar", help="the command on the machines that do the work")
    arguments = parser.parse_args()

    spark = SparkSession.builder.appName("ooievaar").getOrCreate()
    context = spark.sparkContext
    context._jsc.hadoopConfiguration().set("mapreduce.input.fileinputformat.input.dir.recursive", "true")
    # Not the data source "binaryFile": it passes over files without content, and a case must not disappear.
    messages = context.binaryFiles(arguments.input, minPartitions=context.defaultParallelism * 4)
    # Kept: it is used twice, and converting is what costs.
    converted = messages.mapPartitions(answers(arguments.ooievaar)).persist()

    found = spark.createDataFrame(converted.flatMap(lambda pair: resources(pair[1])), RESOURCE)
    found.write.partitionBy("type").text(f"{arguments.output}/resources")
    failed = converted.filter(lambda pair: pair[1]["status"] == "error")
    failures = spark.createDataFrame(failed.map(lambda pair: failure(pair[0], pair[1]["error"])), FAILURE)
    failures.coalesce(1).write.json(f"{arguments.output}/quarantine")
    spark.stop()


if __name__ == "__main__":
    main()
